import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Identity } from "../auth/index.js";

/** Most connections at a time; sockets count as long as they are open. */
export interface ConnectionLimits {
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

/**
 * Turns away connections beyond the limits before anything is read of them. Spoken to in the clear they hear why (503); with
 * TLS nothing can be said before the handshake, which is what the limit saves.
 */
export function limitConnections(server: Server, { maxConnections, maxConnectionsPerAddress }: ConnectionLimits, isTls: boolean): void {
  const perAddress = new Map<string, number>();
  let all = 0;
  server.on("connection", (socket: Socket) => {
    const address = socket.remoteAddress ?? "";
    const here = perAddress.get(address) ?? 0;
    if (all >= maxConnections || here >= maxConnectionsPerAddress) return turnAway(socket, isTls);
    all += 1;
    perAddress.set(address, here + 1);
    socket.once("close", () => {
      all -= 1;
      const left = (perAddress.get(address) ?? 1) - 1;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    });
  });
}

function turnAway(socket: Socket, isTls: boolean): void {
  socket.on("error", () => undefined);
  if (isTls) return void socket.destroy();
  socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n", () => socket.destroy());
}

/** Connections and by whose token they were let in: those that last end with it. */
export interface Guests {
  add(socket: Duplex, identity: Identity): void;
  /** Ends those that last, and whose token or login no longer holds. On others each request passes the door anew. */
  review(holds: (identity: Identity) => boolean): void;
}

/** Why. */
export const DISMISSAL = "the token is no longer there, or the login is over";

/** How connections that last are ended. */
const farewells = new WeakMap<Duplex, () => void>();

/** Says how a connection that lasts is ended when its guest may no longer stay. */
export function whenDismissed({ socket }: IncomingMessage, sayGoodbye: () => void): void {
  farewells.set(socket, sayGoodbye);
}

/** What is to be done when a connection closes: one listener a connection, however many requests come over it. */
const leaving = new WeakMap<Duplex, Set<() => void>>();

/**
 * Calls back when the connection of a request closes, at once when it has, until disposed. For whatever lasts: an answer's own
 * "close" never comes while it waits behind another one of the same connection (pipelining), nor when it began too late.
 */
export function whenGone({ socket }: IncomingMessage, gone: () => void): Disposable {
  if (socket.destroyed) {
    gone();
    return { [Symbol.dispose]: () => undefined };
  }
  const listeners = leaving.get(socket) ?? new Set();
  if (!leaving.has(socket)) {
    leaving.set(socket, listeners);
    socket.once("close", () => listeners.forEach((listener) => listener()));
  }
  listeners.add(gone);
  return { [Symbol.dispose]: () => void listeners.delete(gone) };
}

/** Keeps track of guests until their connection closes. */
export function guests(): Guests {
  const inside = new Map<Duplex, Identity>();
  return {
    add(socket, identity) {
      if (!inside.has(socket)) socket.once("close", () => inside.delete(socket));
      inside.set(socket, identity);
    },
    review(holds) {
      for (const [socket, identity] of inside) {
        const sayGoodbye = farewells.get(socket);
        if (!sayGoodbye || holds(identity)) continue;
        inside.delete(socket);
        sayGoodbye();
      }
    },
  };
}
