import { isIP } from "node:net";

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
 * Whether a request's `Host` fits. Bound to loopback, only loopback names do: a web page elsewhere that points its own
 * name at 127.0.0.1 (DNS rebinding) is refused.
 */
export function hostAllowed(boundHost: string, header: string | undefined): boolean {
  const host = hostOf(header);
  if (host === undefined) return false;
  return !isLoopback(boundHost) || isLoopback(host);
}

/** Whether a WebSocket's `Origin` fits: none (not a browser), or the page we served ourselves, port included. */
export function originAllowed(origin: string | undefined, hostHeader: string | undefined): boolean {
  if (origin === undefined) return true;
  const host = /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
  return host !== undefined && host.toLowerCase() === hostHeader?.toLowerCase();
}
