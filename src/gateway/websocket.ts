import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Access } from "../core/access.js";
import type { Clock } from "../core/clock.js";
import { deferred } from "../core/lifetime.js";
import { SUBPROTOCOL } from "../core/topics.js";
import type { ClientHandlers, ClientWire } from "../feed/index.js";
import { REQUEST_LIMITS } from "../wire/index.js";
import { DISMISSAL, whenDismissed } from "./connections.js";
import { refuseUpgrade } from "./door.js";
import { accessOfUpgrade } from "./http-access.js";
import type { HttpServer } from "./http.js";
import type { Seats } from "./seats.js";

/** Where the feed lives. */
export const SOCKET_PATH = "/ws";

/** A request has no reason to come in pieces; a few are what a proxy makes of a long one. */
const MAX_FRAGMENTS = 64;
/** A client that has not answered a ping when the next one is due is gone. Below the minute after which proxies cut. */
const HEARTBEAT_MS = 20_000;
/** How long a client may take to answer our goodbye. */
const GOODBYE_MS = 500;
/** The same for one that we throw out: it may have to read what lies before the goodbye. */
const THROWN_OUT_MS = 5_000;
/** RFC 6455, 7.4.1: the server goes away; a kind of data that can't be accepted. */
const CLOSE_GOING_AWAY = 1001;
const CLOSE_UNSUPPORTED = 1003;
/** Of those for applications: as HTTP's 401. */
const CLOSE_UNAUTHORIZED = 4401;

/** Whom to let in. */
export interface SocketOptions {
  readonly seats: Seats;
}

/**
 * Takes the upgrades that the door has let in: path, subprotocol and seats are checked before a socket is made. Disposing says
 * goodbye (1001) to every client, within GOODBYE_MS.
 */
export function openSocketServer(
  http: Pick<HttpServer, "onUpgrade">,
  options: SocketOptions,
  clock: Clock,
  welcome: (wire: ClientWire, access: Access) => ClientHandlers,
): AsyncDisposable {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: REQUEST_LIMITS.bytes,
    maxFragments: MAX_FRAGMENTS,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const closers = new Map<WebSocket, () => void>();
  const accept = (socket: WebSocket, request: IncomingMessage, stream: Duplex, access: Access): void => {
    const address = addressOf(request);
    const seat = options.seats.take(address);
    const handlers = welcome(wireOf(socket, stream, clock), access);
    closers.set(socket, () => handlers.closing());
    whenDismissed(request, () => throwOut(socket, clock, CLOSE_UNAUTHORIZED, DISMISSAL));
    socket.on("message", (data, isBinary) => {
      // What comes after our goodbye is not looked at.
      if (socket.readyState !== socket.OPEN) return;
      if (isBinary) throwOut(socket, clock, CLOSE_UNSUPPORTED, "requests are text");
      else handlers.request((data as Buffer).toString());
    });
    // What went wrong is the client's doing; "close" follows and is enough to know.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      closers.delete(socket);
      seat[Symbol.dispose]();
      handlers.gone();
    });
  };
  http.onUpgrade((request, stream, head) => {
    const verdict = judge(request, options);
    if (typeof verdict === "string") return refuseUpgrade(stream, verdict);
    sockets.handleUpgrade(request, stream, head, (socket) => accept(socket, request, stream, verdict));
  });
  const heartbeat = startHeartbeat(sockets, clock);
  return {
    async [Symbol.asyncDispose]() {
      heartbeat[Symbol.dispose]();
      sockets.close();
      for (const close of closers.values()) close();
      await sayGoodbye(sockets, clock);
    },
  };
}

const addressOf = ({ socket }: IncomingMessage): string => socket.remoteAddress ?? "";

/** The status line that turns an upgrade away, or what its client may see. */
function judge(request: IncomingMessage, { seats }: SocketOptions): string | Access {
  const { "sec-websocket-protocol": offered } = request.headers;
  if (request.url?.split("?")[0] !== SOCKET_PATH) return "404 Not Found";
  if (offered !== undefined && !offered.split(",").some((name) => name.trim() === SUBPROTOCOL)) return "400 Bad Request";
  const full = seats.refuses(addressOf(request));
  if (full) return full === "all" ? "503 Service Unavailable" : "429 Too Many Requests";
  return accessOfUpgrade(request) ?? "401 Unauthorized";
}

const BINARY = { binary: true } as const;

/**
 * Text frames are whole and shared by all clients, so they go past the library to the stream it writes to. Without compression
 * it writes its own frames (pictures, pings, the goodbye) whole and at once too: none can come into the middle of another.
 */
function wireOf(socket: WebSocket, stream: Duplex, clock: Clock): ClientWire {
  return {
    framing: "socket",
    bufferedBytes: () => stream.writableLength,
    send(message, binary, left) {
      if (socket.readyState !== socket.OPEN) return;
      if (binary) socket.send(message, BINARY, left);
      else stream.write(message, left);
    },
    close: (status, reason) => throwOut(socket, clock, status, reason),
  };
}

/** Says why, and cuts the connection when the client does not take it. */
function throwOut(socket: WebSocket, clock: Clock, status: number, reason: string): void {
  socket.close(status, reason);
  const limit = clock.after(THROWN_OUT_MS, () => socket.terminate());
  socket.once("close", () => limit[Symbol.dispose]());
}

/** Pings every client; one that still owes the answer to the last ping is cut off. */
function startHeartbeat(sockets: WebSocketServer, clock: Clock): Disposable {
  const owing = new WeakSet<WebSocket>();
  return clock.every(HEARTBEAT_MS, () => {
    for (const socket of sockets.clients) {
      if (owing.has(socket)) {
        socket.terminate();
        continue;
      }
      owing.add(socket);
      socket.once("pong", () => owing.delete(socket));
      socket.ping();
    }
  });
}

async function sayGoodbye(sockets: WebSocketServer, clock: Clock): Promise<void> {
  const allGone = deferred<void>();
  const check = (): void => {
    if (sockets.clients.size === 0) allGone.resolve();
  };
  for (const socket of sockets.clients) {
    socket.once("close", () => setImmediate(check));
    socket.close(CLOSE_GOING_AWAY, "the server is going away");
  }
  check();
  using _limit = clock.after(GOODBYE_MS, () => allGone.resolve());
  await allGone.promise;
  for (const socket of sockets.clients) socket.terminate();
}
