import { EventEmitter, once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { chance } from "./chance.js";
import { told } from "./deadline.js";

/** What the wire does with bytes; `refuse` and `silent` decide about new connections, the others about all of them. */
export type WireState =
  /** Everything goes through at once. */
  | { readonly kind: "pass" }
  /** Nobody listens; connections that are there stay. */
  | { readonly kind: "refuse" }
  /** Connections stay and are taken, and no byte moves, as when a cable is pulled behind a switch. */
  | { readonly kind: "freeze" }
  /** New connections are taken and never passed on; those that are there go on. */
  | { readonly kind: "silent" }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  /** Pieces of 1 to `mostBytes`, each in a packet of its own. */
  | { readonly kind: "slice"; readonly mostBytes: number; readonly seed: number };

/** A TCP proxy on loopback that fails on demand. Disposing cuts everything. */
export interface Wire extends AsyncDisposable {
  readonly port: number;
  /** Settles once it holds, also for connections that are there. */
  set(state: WireState): Promise<void>;
  /** Ends all connections with RST, both ways. Returns how many. */
  cut(): number;
  /** Connections taken since the start. */
  readonly taken: number;
  /** Bytes passed on since the start, both ways. */
  readonly movedBytes: number;
  /** Settles with the next connection. */
  connected(limitMs: number): Promise<unknown>;
}

const TICK_MS = 20;

/** Opens a wire to a port on loopback; it passes everything until told otherwise. */
export async function openWire(targetPort: number): Promise<Wire> {
  const events = new EventEmitter();
  const sockets = new Set<Socket>();
  const pumps = new Set<Pump>();
  let state: WireState = { kind: "pass" };
  let listener: Server | undefined;
  let port = 0;
  let taken = 0;
  let movedBytes = 0;

  const keep = (socket: Socket): void => {
    sockets.add(socket.setNoDelay(true));
    // Either side may vanish at any time; "close" follows.
    socket.on("error", () => undefined).on("close", () => sockets.delete(socket));
  };
  const join = (client: Socket): void => {
    taken += 1;
    keep(client);
    if (state.kind !== "silent") {
      const target = connect(targetPort, "127.0.0.1");
      keep(target);
      for (const [from, to] of [[client, target], [target, client]] as const) {
        const one = pump(from, to, (bytes) => (movedBytes += bytes));
        pumps.add(one);
        from.once("close", () => pumps.delete(one));
        one.set(state);
      }
    } else client.resume();
    events.emit("connected");
  };
  const listen = async (): Promise<void> => {
    // pauseOnConnect: what a frozen wire takes in is not read.
    listener = createServer({ pauseOnConnect: true }, join).listen(port, "127.0.0.1");
    await once(listener, "listening");
    port = (listener.address() as AddressInfo).port;
  };
  const cut = (): number => {
    const open = sockets.size;
    for (const socket of sockets) socket.resetAndDestroy();
    return open / 2;
  };
  const close = (): void => void listener?.close();

  await listen();
  return {
    port, cut,
    get taken() {
      return taken;
    },
    get movedBytes() {
      return movedBytes;
    },
    connected: (limitMs) => told(events, "connected", limitMs),
    async set(next) {
      const wasRefusing = state.kind === "refuse";
      state = next;
      for (const one of pumps) one.set(next);
      if (next.kind === "refuse") close();
      else if (wasRefusing) await listen();
    },
    [Symbol.asyncDispose]() {
      close();
      cut();
      return Promise.resolve();
    },
  };
}

interface Pump {
  set(state: WireState): void;
}

/** Moves bytes one way. What is not sent yet stays in the sending side's socket but for one piece in hand. */
function pump(from: Socket, to: Socket, moved: (bytes: number) => void): Pump {
  let state: WireState = { kind: "pass" };
  let hand: Buffer = Buffer.alloc(0);
  let random = chance(0);
  let timer: NodeJS.Timeout | undefined;
  let ended = false;

  const give = (bytes: number): void => {
    if (bytes === 0) return;
    moved(bytes);
    to.write(hand.subarray(0, bytes));
    hand = hand.subarray(bytes);
  };
  const settle = (): void => {
    if (hand.length > 0) return;
    if (ended) to.end();
    else if (state.kind !== "freeze") from.resume();
  };
  const run = (): void => {
    clearTimeout(timer);
    timer = undefined;
    // Nobody is left to take what is in hand.
    if (to.destroyed) hand = Buffer.alloc(0);
    switch (state.kind) {
      case "freeze":
        return;
      case "slow":
        give(Math.min(hand.length, Math.max(1, Math.round((state.bytesPerSecond * TICK_MS) / 1000))));
        if (hand.length > 0) timer = setTimeout(run, TICK_MS);
        break;
      case "slice":
        give(Math.min(hand.length, 1 + Math.floor(random() * state.mostBytes)));
        // The next piece in the next turn, so that the kernel sends this one by itself.
        if (hand.length > 0) return void setImmediate(run);
        break;
      case "pass":
      case "refuse":
      case "silent":
        give(hand.length);
    }
    settle();
  };

  from.on("data", (data) => {
    from.pause();
    hand = Buffer.concat([hand, data]);
    run();
  });
  from.on("end", () => {
    ended = true;
    settle();
  });
  from.on("close", () => {
    clearTimeout(timer);
    // A side that was lost takes the other with it; one that ended has said so above.
    if (!ended) to.destroy();
  });
  return {
    set(next) {
      state = next;
      if (next.kind === "slice") random = chance(next.seed);
      if (next.kind === "freeze") from.pause();
      run();
    },
  };
}
