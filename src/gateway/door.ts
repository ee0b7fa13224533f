import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingMessage } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";
import { type Auth, type Identity } from "../auth/index.js";
import { judge, type Shown } from "./credentials.js";
import type { Guests } from "./connections.js";
import { changeAllowed, hostAllowed, originAllowed, readAllowed, type Allowed, type Provenance } from "./guard.js";
import { letIn } from "./http-access.js";
import { problem } from "./problem.js";

/** What the door goes by. */
export interface DoorRules {
  /** The address that the server is bound to; see hostAllowed. */
  readonly boundHost: string;
  readonly allowed: Allowed;
  readonly auth: Auth;
  readonly guests: Guests;
}

/** Longest address of a request, bytes; longer ones get 414. */
const LONGEST_URL = 2048;
/** What is answered to everybody: how to log in, and that the program lives. */
const PUBLIC_PATHS: ReadonlySet<string> = new Set(["/login", "/login.css", "/logout", "/healthz", "/readyz"]);
/** What a viewer may send: it changes nothing of what others see. */
const VIEWER_PATHS: ReadonlySet<string> = new Set(["/login", "/logout", "/api/ticket"]);
const READING: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

const pathOf = (url = ""): string => url.split("?", 1)[0] ?? "";

/** Looks at every request before anything else does: its address, its Host, where it comes from, who sends it, and what that one may do. */
export function guardRequests(app: FastifyInstance, rules: DoorRules): void {
  const ownNames = ownNamesOf();
  app.addHook("onRequest", async (request, reply) => {
    const { host } = request.headers;
    if ((request.raw.url ?? "").length > LONGEST_URL) {
      return problem(reply, 414, "E_HTTP_SIZE", `the address is longer than ${LONGEST_URL} bytes`);
    }
    if (!hostAllowed(rules.boundHost, host, rules.allowed, ownNames)) return forbidden(reply, "this server is not served under that host name (serve.allowedHosts)");
    const provenance = provenanceOf(request.raw);
    const reads = READING.has(request.method);
    if (reads && !readAllowed(provenance, rules.allowed)) return forbidden(reply, "a page elsewhere may not read this (serve.allowedOrigins)");
    const shown = await judge(request.raw, rules.auth, false);
    if (!reads && shown.by !== "token" && !changeAllowed(provenance, shown.by === "cookie", rules.allowed)) {
      return forbidden(reply, "a page elsewhere may not change anything (serve.allowedOrigins)");
    }
    return enter(request, reply, shown, reads, rules);
  });
}

async function enter(request: FastifyRequest, reply: FastifyReply, { by, verdict }: Shown, reads: boolean, { guests }: DoorRules): Promise<FastifyReply | void> {
  const path = pathOf(request.raw.url);
  if (verdict.kind === "in") {
    const { identity } = verdict;
    if (!reads && identity.role !== "admin" && !VIEWER_PATHS.has(path)) return forbidden(reply, "only an admin's token may change anything");
    letIn(request.raw, identity);
    guests.add(request.raw.socket, identity);
    return;
  }
  if (verdict.kind === "slowed") return slowed(reply, verdict.retryAfterMs);
  if (by === "none" && PUBLIC_PATHS.has(path)) return;
  const wantsPage = by === "none" && request.method === "GET" && !path.startsWith("/api/") && (request.headers.accept ?? "").includes("text/html");
  if (wantsPage) return reply.redirect("/login", 303);
  reply.header("www-authenticate", 'Bearer realm="sightline"');
  return problem(reply, 401, "E_AUTH", by === "none" ? "a token is needed: Authorization: Bearer TOKEN" : "the token is wrong, or no longer there");
}

function forbidden(reply: FastifyReply, detail: string): FastifyReply {
  return problem(reply, 403, "E_FORBIDDEN", detail);
}

/** Tells who guesses to wait. */
function slowed(reply: FastifyReply, retryAfterMs: number): FastifyReply {
  reply.header("retry-after", secondsOf(retryAfterMs));
  return problem(reply, 429, "E_AUTH_SLOWED", `too many wrong tokens came from this address; try again in ${secondsOf(retryAfterMs)} s`);
}

/** A wait as `Retry-After` has it, whole seconds, at least 1. */
export const secondsOf = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1000)));

function provenanceOf({ headers }: IncomingMessage): Provenance {
  const one = (name: string): string | undefined => (typeof headers[name] === "string" ? headers[name] : undefined);
  return { origin: headers.origin, host: headers.host, site: one("sec-fetch-site"), mode: one("sec-fetch-mode") };
}

/** What this machine is called; on a home's network also with `.local`. */
function ownNamesOf(): string[] {
  const name = hostname().toLowerCase();
  return [name, `${name}.local`];
}

/** Takes an upgrade that was let in, or turns it away with a status line. */
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/**
 * The same for upgrades: Host, Origin, and a bearer token, a cookie or a ticket. `handle` gets only those that are let in;
 * path, protocol and key are its business.
 */
export function guardUpgrades(rules: DoorRules, handle: UpgradeHandler): UpgradeHandler {
  const ownNames = ownNamesOf();
  return (request, socket, head) => {
    // The other side may go away while its token is looked at.
    socket.on("error", () => undefined);
    const { host, origin } = request.headers;
    if ((request.url ?? "").length > LONGEST_URL) return refuseUpgrade(socket, "414 URI Too Long");
    if (!hostAllowed(rules.boundHost, host, rules.allowed, ownNames)) return refuseUpgrade(socket, "403 Forbidden");
    if (!originAllowed(origin, host, rules.allowed)) return refuseUpgrade(socket, "403 Forbidden");
    void admitUpgrade(request, rules).then(
      (refusal) => {
        if (refusal !== undefined) refuseUpgrade(socket, refusal);
        else if (!socket.destroyed) handle(request, socket, head);
      },
      () => refuseUpgrade(socket, "500 Internal Server Error"),
    );
  };
}

async function admitUpgrade(request: IncomingMessage, { auth, guests }: DoorRules): Promise<string | undefined> {
  const { verdict } = await judge(request, auth, true);
  if (verdict.kind === "slowed") return `429 Too Many Requests\r\nRetry-After: ${secondsOf(verdict.retryAfterMs)}`;
  if (verdict.kind === "wrong") return '401 Unauthorized\r\nWWW-Authenticate: Bearer realm="sightline"';
  const identity: Identity = verdict.identity;
  letIn(request, identity);
  guests.add(request.socket, identity);
  return undefined;
}

/** Ends a connection with a status line, and headers where it has some. */
export function refuseUpgrade(socket: Duplex, statusLine: string): void {
  socket.on("error", () => undefined);
  socket.end(`HTTP/1.1 ${statusLine}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
