import { domainToASCII } from "node:url";
import { PipelineError } from "../core/errors.js";
import { redactAddress, redactParameters } from "../core/redact.js";
import { SCHEMES } from "./schemes.js";

/** A stream on the network. */
export interface NetworkAddress {
  readonly kind: "network";
  readonly scheme: string;
  /** As FFmpeg gets it: a plain password percent-encoded. May hold secrets. */
  readonly url: string;
  /** The same for people and logs, without secrets. */
  readonly display: string;
  /** It came by the API, and FFmpeg is to open nothing but this: `proxy` leads all of it; null = the host is an address that was checked, or our own relay to it. */
  readonly guard?: { readonly proxy: string | null };
}

/** The parts of an address that a connection needs. */
export interface NetworkParts {
  readonly host: string;
  readonly port: number;
}

/** `host`, `host:port`, `[::1]:port`, `:port`. */
const HOST_PORT = /^(?:(\[[0-9a-f:.%]+\])|([^\s:/?#@[\]]*))(?::(\d{1,5}))?$/i;

/**
 * Reads an address with a scheme. Pure. A password may be plain: the rule of RFC 3986 holds as long as it leads to a host
 * that looks like one (`name.tld`, an address, localhost); else user info ends at the last `@` in front of one.
 * @throws PipelineError E_SOURCE_SCHEME, E_USAGE
 */
export function parseNetworkAddress(name: string, schemeName: string): NetworkAddress {
  const scheme = schemeName.toLowerCase();
  const known = Object.hasOwn(SCHEMES, scheme) ? SCHEMES[scheme] : undefined;
  const shown = redactAddress(name);
  if (known === undefined) {
    const allowed = Object.keys(SCHEMES).map((one) => `${one}://`).join(" ");
    throw new PipelineError("E_SOURCE_SCHEME", `${shown}: addresses with ${schemeName}:// can't be opened; allowed: ${allowed}`);
  }
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name)) throw new PipelineError("E_USAGE", `${shown.replace(/\p{Cc}/gu, "?")}: an address can't hold control characters`);
  const { userInfo, authority, path } = split(name.slice(scheme.length + 3));
  const port = /^(?:\[[^\]]*\]|[^:]*):(\d+)$/.exec(authority)?.[1];
  if (port !== undefined && !isPort(Number(port))) throw new PipelineError("E_USAGE", `${shown}: a port is a number from 1 to ${LAST_PORT}`);
  const host = hostText(authority, known.mayListen);
  if (host === undefined) throw new PipelineError("E_USAGE", `${shown}: ${scheme}://HOST[:PORT]/... is expected; in user name and password write @ as %40, / as %2F, : as %3A`);
  if (known.port === null && !/:\d+$/.test(host)) throw new PipelineError("E_USAGE", `${shown}: ${scheme}:// needs a port`);
  const unknown = known.queryKeys && queryKeys(path).find((key) => !known.queryKeys?.includes(key));
  if (unknown) throw new PipelineError("E_USAGE", `${shown}: ${shown.includes(unknown) ? unknown : "a key of its query"} can't be set; allowed with ${scheme}://: ${known.queryKeys?.join(", ")}`);
  const user = userInfo === "" ? "" : `${userInfo.split(/:(.*)/s, 2).map(encodeUserInfo).join(":")}@`;
  const rest = encodePath(path);
  return { kind: "network", scheme, url: `${scheme}://${user}${host}${rest}`, display: `${scheme}://${user && "***@"}${host}${redactParameters(rest)}` };
}

function split(rest: string): { userInfo: string; authority: string; path: string } {
  const end = endOfAuthority(rest, 0);
  const head = rest.slice(0, end);
  const at = userInfoEnd(rest, head);
  const from = at + 1;
  const to = endOfAuthority(rest, from);
  return { userInfo: rest.slice(0, Math.max(0, at)), authority: rest.slice(from, to), path: rest.slice(to) };
}

/** Index of the `@` that ends user info; -1 when there is none. */
function userInfoEnd(rest: string, head: string): number {
  const strict = head.lastIndexOf("@");
  const strictHost = head.slice(strict + 1);
  if (looksLikeHost(strictHost)) return strict;
  const last = rest.lastIndexOf("@");
  const loose = rest.slice(last + 1, endOfAuthority(rest, last + 1));
  const isUserInfo = last > strict && rest.slice(0, last).includes(":") && HOST_PORT.test(loose);
  if (isUserInfo && (looksLikeHost(loose) || /:\d+$/.test(loose) || !HOST_PORT.test(strictHost))) return last;
  return strict;
}

function looksLikeHost(text: string): boolean {
  return HOST_PORT.test(text) && (/^[^:]*\.[^:]/.test(text) || text.startsWith("[") || /^localhost(:|$)/i.test(text));
}

function endOfAuthority(text: string, from: number): number {
  const found = text.slice(from).search(/[/?#]/);
  return found < 0 ? text.length : from + found;
}

const LAST_PORT = 65_535;
const isPort = (number: number): boolean => number >= 1 && number <= LAST_PORT;

/** Host and port as they go into a URL; undefined when they are none. */
function hostText(authority: string, mayListen: boolean): string | undefined {
  const [, literal, name = "", port] = HOST_PORT.exec(authority) ?? [];
  const host = literal ?? (name === "" ? "" : domainToASCII(name));
  const isWrong = !HOST_PORT.test(authority) || (name !== "" && host === "") || (host === "" && !mayListen);
  if (isWrong) return undefined;
  return port === undefined ? host : `${host}:${port}`;
}

function queryKeys(path: string): string[] {
  const query = /\?([^#]*)/.exec(path)?.[1] ?? "";
  return query.split("&").flatMap((pair) => (pair === "" ? [] : [pair.split("=", 1)[0] ?? ""]));
}

/** What is percent-encoded stays so; everything else that could end the user info is encoded. */
function encodeUserInfo(text: string): string {
  return text.replace(/%(?![0-9a-f]{2})|[^\w.~!$&()*+,;=%-]/giu, percent);
}

function encodePath(text: string): string {
  return text.replace(/[\s"<>\\^`{|}]|[^\x00-\x7f]/gu, percent);
}

function percent(character: string): string {
  return [...Buffer.from(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
}

/** Host and port of an address. */
export function networkParts({ scheme, url }: NetworkAddress): NetworkParts {
  const [, literal, name = "", port] = HOST_PORT.exec(/^[^/?#]*/.exec(url.slice(scheme.length + 3).replace(/^[^/?#]*@/, ""))?.[0] ?? "") ?? [];
  return { host: literal?.slice(1, -1) ?? name, port: Number(port ?? SCHEMES[scheme]?.port ?? 0) };
}

/** Every form in which an address's secrets may turn up in FFmpeg's words: encoded, as typed, decoded. */
export function secretsOf({ scheme, url }: NetworkAddress): string[] {
  const rest = url.slice(scheme.length + 3);
  const [, user = "", password = ""] = /^([^:@/?#]*)(?::([^@/?#]*))?@/.exec(rest) ?? [];
  // A short user name would blot out innocent words; without a password it is a token.
  const secrets = [password === "" ? user : password, `${user}:${password}`];
  return [...new Set(secrets.flatMap((secret) => [secret, decoded(secret)]))].filter((secret) => secret.length > 1);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
