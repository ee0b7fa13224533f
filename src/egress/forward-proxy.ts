import { once } from "node:events";
import { createServer, request as requestPlain, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import { request as requestSecure } from "node:https";
import { isIP } from "node:net";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { keepNewest } from "../core/keep-newest.js";
import type { AddressPolicy } from "./address-policy.js";
import { listenOnLoopback, refusalNote } from "./loopback.js";
import { withoutTls, type Origin } from "./plain-text.js";
import { allowedAddress, lookupAll, type Lookup } from "./resolve.js";

/** A proxy for one source. Everything that FFmpeg opens for it passes here, redirects and a playlist's entries too. */
export interface ForwardProxy extends AsyncDisposable {
  /** `http://127.0.0.1:PORT`, for FFmpeg. */
  readonly url: string;
  /** An address as FFmpeg is to get it: https becomes http, and the proxy speaks TLS. */
  plain(url: string): string;
  /** The last connection that was refused since this was asked; undefined = none. */
  takeRefusal(): PipelineError | undefined;
}

/** A server that does not answer in this time is given up, ms; one that is silent later is FFmpeg's to judge. */
const ANSWER_TIMEOUT_MS = 30_000;
/** More than any playlist; a longer one is cut off. */
const PLAYLIST_LIMIT_BYTES = 4 * 1024 * 1024;
/** Servers that a source may lead to with TLS; the oldest is forgotten. */
const MOST_ORIGINS = 1000;
/** FFmpeg asks for a handful at a time. */
const MOST_CONNECTIONS = 64;
/** What belongs to one connection and is not passed on (RFC 9110, 7.6.1); and no packing, for playlists are read here. */
const HOP_HEADERS = ["connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "accept-encoding"];

/** Opens a proxy on a free port of this machine. Each connection's address is looked up, checked and connected to as checked. */
export async function openForwardProxy(policy: AddressPolicy, lookup: Lookup = lookupAll): Promise<ForwardProxy> {
  const secure = new Set<Origin>();
  const refusal = refusalNote();
  const remember = (origin: Origin): void => {
    secure.add(origin);
    keepNewest(secure, MOST_ORIGINS);
  };
  const server = createServer((request, response) => {
    void forward(request, response, { policy, lookup, secure, remember }).catch((thrown: unknown) => {
      const error = asPipelineError(thrown, "E_SOURCE_UNREACHABLE");
      if (error.code === "E_SOURCE_FORBIDDEN") refusal.set(error);
      answer(response, error.code === "E_SOURCE_FORBIDDEN" ? 403 : 502);
    });
  });
  server.on("connect", (_request, socket) => {
    socket.on("error", () => undefined);
    // A tunnel would hide what goes through it.
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  const listening = await listenOnLoopback(server, MOST_CONNECTIONS, () => server.closeAllConnections());
  return {
    url: `http://127.0.0.1:${listening.port}`,
    plain: (url) => withoutTls(url, remember),
    takeRefusal: refusal.take,
    [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose](),
  };
}

interface Rules {
  readonly policy: AddressPolicy;
  readonly lookup: Lookup;
  readonly secure: ReadonlySet<Origin>;
  readonly remember: (origin: Origin) => void;
}

async function forward(request: IncomingMessage, response: ServerResponse, rules: Rules): Promise<void> {
  const target = targetOf(request);
  if (target === undefined) return answer(response, 400);
  const address = await allowedAddress(target.host, rules.policy, rules.lookup);
  // Who asked has gone while the name was looked up, or the proxy has been closed: nobody would end the connection.
  if (response.destroyed) return;
  const isSecure = rules.secure.has(`${target.authority.toLowerCase()}:${target.port}`);
  const send = isSecure ? requestSecure : requestPlain;
  const headers = { ...withoutHop(request.headers), host: target.port === (isSecure ? 443 : 80) ? target.authority : `${target.authority}:${target.port}` };
  const upstream = send({
    host: address, port: target.port, path: target.path, method: request.method, headers, agent: false, timeout: ANSWER_TIMEOUT_MS,
    // Cameras answer in their own way, and sign their certificates themselves; FFmpeg takes both.
    insecureHTTPParser: true, rejectUnauthorized: false, ...(isIP(target.host) === 0 && { servername: target.host }),
  });
  upstream.on("timeout", () => upstream.destroy(new Error("timeout")));
  response.on("close", () => upstream.destroy());
  upstream.end();
  const [reply] = (await once(upstream, "response")) as [IncomingMessage];
  // From now on a failure is a connection that ends: what has been said can't be taken back.
  upstream.on("error", () => response.destroy());
  upstream.setTimeout(0);
  await passOn(reply, response, target.path, rules);
}

interface Target {
  /** Without brackets, for connecting. */
  readonly host: string;
  /** As it stands in an address. */
  readonly authority: string;
  readonly port: number;
  readonly path: string;
}

/** Where a request wants to go: only whole addresses are taken, and only what reads. */
function targetOf({ method, url = "" }: IncomingMessage): Target | undefined {
  if ((method !== "GET" && method !== "HEAD") || !URL.canParse(url)) return undefined;
  const parsed = new URL(url);
  if (parsed.protocol !== "http:" || parsed.hostname === "") return undefined;
  const rest = /^http:\/\/[^/?#]*(\/?[^#]*)/i.exec(url)?.[1] ?? "";
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return { host: parsed.hostname.replace(/^\[|\]$/g, ""), authority: parsed.hostname, port: Number(parsed.port || 80), path };
}

function withoutHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? "").split(",").map((name) => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP_HEADERS.includes(name) && !named.includes(name)));
}

async function passOn(reply: IncomingMessage, response: ServerResponse, path: string, { remember }: Rules): Promise<void> {
  const headers = withoutHop(reply.headers);
  reply.on("error", () => response.destroy());
  if (typeof headers.location === "string") headers.location = withoutTls(headers.location, remember);
  if (!isPlaylist(headers["content-type"], path) || headers["content-encoding"] !== undefined) {
    response.writeHead(reply.statusCode ?? 502, headers);
    reply.pipe(response);
    return;
  }
  const text = withoutTls(await wholeText(reply), remember);
  delete headers["content-length"];
  delete headers["content-range"];
  response.writeHead(reply.statusCode ?? 502, headers);
  response.end(text, "latin1");
}

/** What FFmpeg takes for a playlist goes by one of these; anything else it would not follow. */
function isPlaylist(contentType: string | undefined, path: string): boolean {
  return /mpegurl|dash\+xml/i.test(contentType ?? "") || /\.(m3u8?|mpd)$/i.test(path.split("?", 1)[0] ?? "");
}

/** Byte for byte: latin1 keeps what is not ASCII as it is. */
async function wholeText(reply: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of reply as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > PLAYLIST_LIMIT_BYTES) throw new PipelineError("E_SOURCE_REFUSED", `the playlist is longer than ${PLAYLIST_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("latin1");
}

function answer(response: ServerResponse, status: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { "content-length": 0, connection: "close" }).end();
}
