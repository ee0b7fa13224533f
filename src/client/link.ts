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
  /** Sends when the connection stands; else nothing. */
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

/** One try, and the connection that it leads to. */
interface Attempt {
  readonly isOpen: boolean;
  /** Whether it has lived long enough to be a good one. */
  isHealthy(): boolean;
  send(message: object): void;
  /** Ends it; nothing more is told of it. */
  end(): void;
}

interface AttemptHandlers {
  opened(): void;
  received(data: unknown): void;
  lost(reason: string): void;
}

function attempt(makeSocket: () => Promise<SocketLike>, { opened, received, lost }: AttemptHandlers, clock: Clock): Attempt {
  const timers: Disposable[] = [];
  let socket: SocketLike | undefined;
  let [isOpen, isOver] = [false, false];
  let [openedMs, heardMs] = [0, 0];
  /** What an error said before the close that follows it. */
  let trouble = "";

  const end = (): void => {
    isOver = true;
    for (const timer of timers) timer[Symbol.dispose]();
    socket?.close();
  };
  const lose = (reason: string): void => {
    if (isOver) return;
    end();
    lost(trouble || reason);
  };
  const send = (message: object): void => socket?.send(JSON.stringify(message));
  const ask = (): void => {
    if (clock.monotonicMs() - heardMs >= 2 * PING_MS) lose(`nothing was heard for ${(2 * PING_MS) / 1000} s`);
    else send({ type: "ping" });
  };
  const listen = (made: SocketLike): void => {
    // Listened to before all else: `ws` ends the process with an error that nobody hears, such as that of a close in between.
    made.addEventListener("error", ({ message = "" }) => void (trouble = message));
    if (isOver) return made.close();
    socket = made;
    made.binaryType = "arraybuffer";
    made.addEventListener("open", () => {
      if (isOver) return;
      isOpen = true;
      openedMs = heardMs = clock.monotonicMs();
      timers.push(clock.every(PING_MS, ask));
      opened();
    });
    made.addEventListener("message", ({ data }) => {
      if (isOver) return;
      heardMs = clock.monotonicMs();
      received(data);
    });
    made.addEventListener("close", (event) => lose(reasonOf(event)));
  };
  timers.push(clock.after(CONNECT_LIMIT_MS, () => isOpen || lose(`no connection within ${CONNECT_LIMIT_MS / 1000} s`)));
  makeSocket().then(listen, (error: unknown) => lose(error instanceof Error ? error.message : String(error)));
  return {
    get isOpen() {
      return isOpen;
    },
    isHealthy: () => isOpen && clock.monotonicMs() - openedMs >= HEALTHY_MS,
    send,
    end,
  };
}

/** Begins to connect, and goes on until it is closed. Keeps a Node process alive so long. */
export function openLink(makeSocket: () => Promise<SocketLike>, handlers: LinkHandlers, { clock, random }: LinkWorld): Link {
  const held = clock.hold();
  let state: ConnectionState = "connecting";
  let failures = 0;
  let retry: Disposable | undefined;

  const change = (next: ConnectionChange): void => {
    state = next.state;
    handlers.changed(next);
  };
  const lost = (reason: string): void => {
    failures = current.isHealthy() ? 1 : failures + 1;
    const retryInMs = retryMs(failures, random());
    retry = clock.after(retryInMs, () => {
      current = begin();
      change({ state: "connecting" });
    });
    change({ state: "waiting", retryInMs, reason });
  };
  const begin = (): Attempt => attempt(makeSocket, { opened: () => change({ state: "open" }), received: handlers.received, lost }, clock);

  let current = begin();
  return {
    get state() {
      return state;
    },
    send: (message) => (state === "open" ? current.send(message) : undefined),
    close() {
      if (state === "closed") return;
      retry?.[Symbol.dispose]();
      current.end();
      held[Symbol.dispose]();
      change({ state: "closed" });
    },
  };
}

const reasonOf = ({ code = 1006, reason = "" }: SocketEvent): string => (reason === "" ? `the connection was lost (${code})` : `${reason} (${code})`);
