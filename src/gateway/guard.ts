import { isIP } from "node:net";

/** Other names and origins than the server's own that are served. */
export interface Allowed {
  /** Names, lower case, without a port; `*` = any. */
  readonly hosts: readonly string[];
  /** As a browser writes them: `https://app.example`. */
  readonly origins: readonly string[];
}

const NOTHING_ELSE: Allowed = { hosts: [], origins: [] };

/** The host of a `Host` header, lower case, without the port and IPv6 brackets; undefined when it can't be read. */
export function hostOf(header: string | undefined): string | undefined {
  if (!header) return undefined;
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/?#@\s]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

/** Whether a name or address means this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * Whether a request's `Host` fits: a web page elsewhere that points its own name at our address (DNS rebinding) is refused.
 * Bound to loopback, loopback names fit. Bound to more, every address does (it can't be rebound), and the names that are ours.
 * @param ownNames what this machine is called, lower case
 */
export function hostAllowed(boundHost: string, header: string | undefined, allowed: Allowed = NOTHING_ELSE, ownNames: readonly string[] = []): boolean {
  const host = hostOf(header);
  if (host === undefined) return false;
  if (isLoopback(host) || allowed.hosts.includes(host) || allowed.hosts.includes("*")) return true;
  if (isLoopback(boundHost)) return false;
  return isIP(host) !== 0 || host === boundHost.toLowerCase() || ownNames.includes(host);
}

/** Whether an `Origin` fits: none (not a browser), the page we served ourselves, port included, or one that is allowed. */
export function originAllowed(origin: string | undefined, hostHeader: string | undefined, allowed: Allowed = NOTHING_ELSE): boolean {
  if (origin === undefined || allowed.origins.includes(origin.toLowerCase())) return true;
  const host = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return host !== undefined && host.toLowerCase() === hostHeader?.toLowerCase();
}

/** What a browser says of where a request comes from. */
export interface Provenance {
  readonly origin: string | undefined;
  readonly host: string | undefined;
  /** `Sec-Fetch-Site` and `Sec-Fetch-Mode`; browsers leave them out where the page is served without TLS by a name. */
  readonly site: string | undefined;
  readonly mode: string | undefined;
}

/**
 * Whether a request that changes something may come from there: from our own page or an allowed one. A tool says nothing of
 * where it comes from; that is enough unless a cookie speaks for it, which a browser would send by itself.
 */
export function changeAllowed({ origin, host, site }: Provenance, byCookie: boolean, allowed: Allowed): boolean {
  if (origin === undefined && site === undefined) return !byCookie;
  if (origin === undefined || origin === "null") return site === "same-origin" || (site === "none" && origin === undefined);
  return originAllowed(origin, host, allowed);
}

/** Whether a request that reads may come from there. Pages elsewhere may link to ours, and that is all. */
export function readAllowed({ origin, host, site, mode }: Provenance, allowed: Allowed): boolean {
  if (site === undefined || site === "same-origin" || site === "none" || mode === "navigate") return true;
  return origin !== undefined && originAllowed(origin, host, allowed);
}
