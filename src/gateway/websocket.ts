import type { IncomingMessage } from "node:http";
import { WebSocketServer, type RawData, type WebSocket } from "ws";
import type { Clock } from "../core/clock.js";
import { deferred } from "../core/lifetime.js";
import { SUBPROTOCOL } from "../core/topics.js";
import type { ClientHandlers, ClientWire } from "../feed/index.js";
import { refuseUpgrade } from "./door.js";
import type { HttpServer } from "./http.js";

/** Where the feed lives. */
export const SOCKET_PATH = "/ws";

/** Clients only send small control messages. */
const MAX_REQUEST_BYTES = 16 * 1024;
const MAX_FRAGMENTS = 64;
/** A client that has not answered a ping when the next one is due is gone. Below the minute after which proxies cut. */
const HEARTBEAT_MS = 30_000;
/** How long a client may take to answer our goodbye. */
const GOODBYE_MS = 500;
/** RFC 6455, 7.4.1: the server goes away. */
const CLOSE_GOING_AWAY = 1001;

/** Whom to let in. */
export interface SocketOptions {
  readonly maxClients: number;
}

/** The WebSocket side of an HTTP server. Disposing says goodbye (1001) to every client, within GOODBYE_MS. */
export interface SocketServer extends AsyncDisposable {
  readonly clientCount: number;
}

/** Takes the upgrades that the door has let in: path and subprotocol are checked before a socket is made. */
export function openSocketServer(
  http: Pick<HttpServer, "onUpgrade">,
  options: SocketOptions,
  clock: Clock,
  welcome: (wire: ClientWire) => ClientHandlers,
): SocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: MAX_REQUEST_BYTES,
    maxFragments: MAX_FRAGMENTS,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false),
  });
  const closers = new Map<WebSocket, () => void>();
  const accept = (socket: WebSocket): void => {
    const handlers = welcome(wireOf(socket));
    closers.set(socket, () => handlers.closing());
    socket.on("message", (data, isBinary) => handlers.request(isBinary ? "" : textOf(data)));
    // What went wrong is the client's doing; "close" follows and is enough to know.
    socket.on("error", () => undefined);
    socket.on("close", () => {
      closers.delete(socket);
      handlers.gone();
    });
  };
  http.onUpgrade((request, stream, head) => {
    const refusal = refusalOf(request, options, sockets.clients.size);
    if (refusal) return refuseUpgrade(stream, refusal);
    sockets.handleUpgrade(request, stream, head, accept);
  });
  const heartbeat = startHeartbeat(sockets, clock);
  return {
    get clientCount() {
      return sockets.clients.size;
    },
    async [Symbol.asyncDispose]() {
      heartbeat[Symbol.dispose]();
      sockets.close();
      for (const close of closers.values()) close();
      await sayGoodbye(sockets, clock);
    },
  };
}

/** The status line that turns an upgrade away, or undefined. */
function refusalOf(request: IncomingMessage, options: SocketOptions, clients: number): string | undefined {
  const { "sec-websocket-protocol": offered } = request.headers;
  if (request.url?.split("?")[0] !== SOCKET_PATH) return "404 Not Found";
  if (offered !== undefined && !offered.split(",").some((name) => name.trim() === SUBPROTOCOL)) return "400 Bad Request";
  return clients >= options.maxClients ? "503 Service Unavailable" : undefined;
}

const textOf = (data: RawData): string =>
  (Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer)).toString("utf8");

function wireOf(socket: WebSocket): ClientWire {
  return {
    send(message, binary, left) {
      if (socket.readyState === socket.OPEN) socket.send(message, { binary }, (error) => error ?? left());
    },
  };
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
