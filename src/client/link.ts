import type { Clock } from "../core/clock.js";
import type { ConnectionChange, ConnectionState, SocketEvent, SocketLike } from "./types.js";

/** Greatest wait after the first failure; doubled with each further one. */
const BACKOFF_MIN_MS = 500;
const BACKOFF_MAX_MS = 15_000;
/** A connection that lived as long as this was a good one: the next failure is the first again. */
const HEALTHY_MS = 5_000;
/** How long a connection may take to be made. */
const CONNECT_LIMIT_MS = 15_000;
/** How often the server is asked whether it is there; one that says nothing for two of them is gone. */
const PING_MS = 20_000;

/** Who is told. */
export interface LinkHandlers {
  opened(): void;
  received(data: unknown): void;
  changed(change: ConnectionChange): void;
}

/** What it needs from outside. */
export interface LinkWorld {
  readonly clock: Clock;
  /** 0 (inclusive) to 1 */
  readonly random: () => number;
}

/** A socket that is made again when it is lost. */
export interface Link {
  readonly state: ConnectionState;
  /** Sends when the connection stands; else nothing: `opened` will come again. */
  send(message: object): void;
  close(): void;
}

/**
 * The wait before the next try, ms. Full jitter, so that a thousand clients of a server that came back do not come at once
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param failures since the last healthy connection, this one included: 1, 2, ...
 */
export function retryMs(failures: number, random: number): number {
  return Math.round(random * Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** (failures - 1)));
}

interface Attempt {
  socket: SocketLike | undefined;
  isOpen: boolean;
  openedMs: number;
  heardMs: number;
  /** What an error said before the close that follows it. */
  trouble: string;
  readonly timers: Disposable[];
}

/** Begins to connect, and goes on until it is closed. Keeps a Node process alive so long. */
export function openLink(makeSocket: () => Promise<SocketLike>, handlers: LinkHandlers, { clock, random }: LinkWorld): Link {
  const held = clock.hold();
  let state: ConnectionState = "connecting";
  let failures = 0;
  let current: Attempt | undefined;
  let retry: Disposable | undefined;

  const change = (next: ConnectionChange): void => {
    state = next.state;
    handlers.changed(next);
  };
  const end = (attempt: Attempt): void => {
    for (const timer of attempt.timers) timer[Symbol.dispose]();
    current = undefined;
    attempt.socket?.close();
  };
  const lost = (attempt: Attempt, reason: string): void => {
    if (current !== attempt) return;
    end(attempt);
    const wasHealthy = attempt.isOpen && clock.monotonicMs() - attempt.openedMs >= HEALTHY_MS;
    failures = wasHealthy ? 1 : failures + 1;
    const retryInMs = retryMs(failures, random());
    retry = clock.after(retryInMs, begin);
    change({ state: "waiting", retryInMs, reason: attempt.trouble || reason });
  };
  const begin = (): void => {
    const attempt: Attempt = { socket: undefined, isOpen: false, openedMs: 0, heardMs: 0, trouble: "", timers: [] };
    current = attempt;
    if (state !== "connecting") change({ state: "connecting" });
    attempt.timers.push(clock.after(CONNECT_LIMIT_MS, () => attempt.isOpen || lost(attempt, `no connection within ${CONNECT_LIMIT_MS / 1000} s`)));
    makeSocket().then(
      (socket) => (current === attempt ? listen(attempt, socket) : socket.close()),
      (error: unknown) => lost(attempt, error instanceof Error ? error.message : String(error)),
    );
  };
  const listen = (attempt: Attempt, socket: SocketLike): void => {
    attempt.socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      if (current !== attempt) return;
      attempt.isOpen = true;
      attempt.openedMs = attempt.heardMs = clock.monotonicMs();
      attempt.timers.push(clock.every(PING_MS, () => ask(attempt)));
      change({ state: "open" });
      handlers.opened();
    });
    socket.addEventListener("message", ({ data }) => {
      if (current !== attempt) return;
      attempt.heardMs = clock.monotonicMs();
      handlers.received(data);
    });
    socket.addEventListener("error", ({ message = "" }) => void (attempt.trouble = message));
    socket.addEventListener("close", (event) => lost(attempt, reasonOf(event)));
  };
  const ask = (attempt: Attempt): void => {
    if (clock.monotonicMs() - attempt.heardMs >= 2 * PING_MS) return lost(attempt, `nothing was heard for ${(2 * PING_MS) / 1000} s`);
    attempt.socket?.send(JSON.stringify({ type: "ping" }));
  };

  begin();
  return {
    get state() {
      return state;
    },
    send: (message) => (current?.isOpen ? current.socket?.send(JSON.stringify(message)) : undefined),
    close() {
      if (state === "closed") return;
      retry?.[Symbol.dispose]();
      if (current) end(current);
      held[Symbol.dispose]();
      change({ state: "closed" });
    },
  };
}

const reasonOf = ({ code = 1006, reason = "" }: SocketEvent): string => (reason === "" ? `the connection was lost (${code})` : `${reason} (${code})`);
