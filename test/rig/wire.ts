import { EventEmitter, once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { told } from "./deadline.js";
import { pump, type Pump } from "./pump.js";

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

/** Opens a wire to a port on loopback; it passes everything until told otherwise. */
export async function openWire(targetPort: number): Promise<Wire> {
  const wire = new LoopbackWire(targetPort);
  await wire.listen();
  return wire;
}

class LoopbackWire implements Wire {
  port = 0;
  taken = 0;
  movedBytes = 0;
  #state: WireState = { kind: "pass" };
  #listener: Server | undefined;
  readonly #events = new EventEmitter();
  readonly #sockets = new Set<Socket>();
  readonly #pumps = new Set<Pump>();

  constructor(readonly targetPort: number) {}

  async listen(): Promise<void> {
    // pauseOnConnect: what a frozen wire takes in is not read.
    const listener = createServer({ pauseOnConnect: true }, (client) => this.#join(client)).listen(this.port, "127.0.0.1");
    this.#listener = listener;
    await once(listener, "listening");
    this.port = (listener.address() as AddressInfo).port;
  }

  async set(next: WireState): Promise<void> {
    const wasRefusing = this.#state.kind === "refuse";
    this.#state = next;
    for (const one of this.#pumps) one.set(next);
    if (next.kind === "refuse") this.#listener?.close();
    else if (wasRefusing) await this.listen();
  }

  cut(): number {
    const open = this.#sockets.size;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    return open / 2;
  }

  connected(limitMs: number): Promise<unknown> {
    return told(this.#events, "connected", limitMs);
  }

  #join(client: Socket): void {
    this.taken += 1;
    this.#keep(client);
    if (this.#state.kind === "silent") client.resume();
    else {
      const target = connect(this.targetPort, "127.0.0.1");
      this.#keep(target);
      this.#pump(client, target);
      this.#pump(target, client);
    }
    this.#events.emit("connected");
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket.setNoDelay(true));
    // Either side may vanish at any time; "close" follows.
    socket.on("error", () => undefined).on("close", () => this.#sockets.delete(socket));
  }

  #pump(from: Socket, to: Socket): void {
    const one = pump(from, to, (bytes) => (this.movedBytes += bytes));
    this.#pumps.add(one);
    from.once("close", () => this.#pumps.delete(one));
    one.set(this.#state);
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listener?.close();
    this.cut();
    return Promise.resolve();
  }
}
