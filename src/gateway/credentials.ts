import { fastifyCookie } from "@fastify/cookie";
import type { IncomingMessage } from "node:http";
import { EVERYBODY, SESSION_LONGEST_MS, type Auth, type Verdict } from "../auth/index.js";

/** How somebody showed who he is. `by` none: nothing was shown. */
export type Shown = { readonly by: "token" | "cookie" | "ticket" | "none"; readonly verdict: Verdict };

const WRONG: Verdict = { kind: "wrong" };

/** A browser keeps one cookie a name for all ports of a host: with the port in its name, two servers do not log each other out. */
const cookieName = (request: IncomingMessage): string => `sightline-${request.socket.localPort ?? 0}`;

/** The cookie's line. Script can't read it, other sites can't send it, and under TLS it never travels in the clear. */
export function cookieLine(request: IncomingMessage, value: string, secure: boolean): string {
  const maxAge = value === "" ? 0 : SESSION_LONGEST_MS / 1000;
  return fastifyCookie.serialize(cookieName(request), value, { httpOnly: true, sameSite: "strict", path: "/", secure, maxAge });
}

/** The cookie that came with a request; empty when none did. */
export const cookieOf = (request: IncomingMessage): string => fastifyCookie.parse(request.headers.cookie ?? "")[cookieName(request)] ?? "";

/** The ticket in an address; undefined when there is none. */
export function ticketOf(url: string): string | undefined {
  const query = url.split("?")[1];
  return query === undefined ? undefined : (new URLSearchParams(query).get("ticket") ?? undefined);
}

/**
 * Judges what a request shows: a bearer token, else a ticket where one may be used, else a cookie. What is shown has to
 * be right: a wrong token is not made up for by a cookie.
 */
export async function judge(request: IncomingMessage, auth: Auth, mayUseTicket: boolean): Promise<Shown> {
  if (!auth.asks) return { by: "none", verdict: { kind: "in", identity: EVERYBODY } };
  const address = request.socket.remoteAddress ?? "";
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^Bearer +([\w-]+)$/i.exec(authorization)?.[1] ?? "";
    return { by: "token", verdict: await auth.verify(token, address) };
  }
  const ticket = mayUseTicket ? ticketOf(request.url ?? "") : undefined;
  if (ticket !== undefined) return { by: "ticket", verdict: auth.redeem(ticket, address) };
  const cookie = cookieOf(request);
  const identity = cookie === "" ? undefined : auth.recall(cookie);
  return identity === undefined ? { by: "none", verdict: WRONG } : { by: "cookie", verdict: { kind: "in", identity } };
}
