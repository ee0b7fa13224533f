import { pause, type Clock } from "../core/clock.js";
import { asPipelineError, type PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { backoffMs } from "../source/index.js";
import type { BrokerOptions } from "./broker-options.js";
import { connectBroker, type Broker } from "./connection.js";
import { explain, isPassing } from "./explain.js";

/** What a link tells. */
export interface LinkHooks {
  /** A connection is there: make of it what is needed. What this throws ends the connection, and is told. */
  up(broker: Broker): Promise<void>;
  /** It is over. */
  down(): void;
  /** In words, once for each change. */
  tell(level: "info" | "warn", message: string, error?: PipelineError): void;
}

/** A connection to the broker that comes back. */
export interface Link extends AsyncDisposable {
  /** The connection; undefined while there is none. */
  readonly broker: Broker | undefined;
  /** Connections so far. */
  readonly connections: number;
  /** Ends the present connection, as if the network had; the next one follows. */
  reconnect(): void;
}

/** Who depends on the link? */
export interface LinkWorld {
  readonly clock: Clock;
  /** 0 (inclusive) to 1: the jitter of the waits. */
  readonly random: () => number;
  /** What this end calls itself at the broker. */
  readonly name: string;
}

const BACKOFF = { backoffMinMs: 250, backoffMaxMs: 5000 };

/**
 * Connects, and connects again for ever. Settles after the first try: a broker that can't be reached is told and waited
 * for, as a camera is.
 * @throws PipelineError when that try shows what takes a person to change: E_QUEUE_AUTH, E_QUEUE_TLS, E_QUEUE_JETSTREAM,
 *         E_QUEUE_FULL, E_CONFIG
 */
export async function openLink(options: BrokerOptions, hooks: LinkHooks, world: LinkWorld): Promise<Link> {
  const first = deferred<PipelineError | undefined>();
  const link = new LinkLoop(options, hooks, world, first.resolve);
  const failure = await first.promise;
  if (failure === undefined || isPassing(failure)) return link;
  await link[Symbol.asyncDispose]();
  throw failure;
}

class LinkLoop implements Link {
  broker: Broker | undefined;
  connections = 0;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;
  #failures = 0;
  /** What was told last, so that an outage of an hour is told once. */
  #told = "";
  /** How the present connection is ended, also while it is being made. */
  #current: Broker | undefined;

  constructor(
    readonly options: BrokerOptions,
    readonly hooks: LinkHooks,
    readonly world: LinkWorld,
    readonly firstTried: (failure: PipelineError | undefined) => void,
  ) {
    this.#running = this.#run();
  }

  reconnect(): void {
    void this.#current?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    await this.#current?.[Symbol.asyncDispose]();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, random } = this.world;
    while (!this.#stopping.signal.aborted) {
      const failure = await this.#oneConnection();
      if (this.#stopping.signal.aborted) return;
      this.#failures += 1;
      if (failure) this.#tellFailure(failure);
      this.firstTried(failure);
      const kind = failure === undefined || isPassing(failure) ? "soon" : "slow";
      await pause(backoffMs(this.#failures, kind, random(), BACKOFF), clock, this.#stopping.signal);
    }
    this.firstTried(undefined);
  }

  /** Settles when the connection is over, with the reason; undefined when we have ended it. */
  async #oneConnection(): Promise<PipelineError | undefined> {
    try {
      const broker = (this.#current = await connectBroker(this.options, this.world.name));
      await using _open = broker;
      if (this.#stopping.signal.aborted) return undefined;
      await this.hooks.up(broker);
      this.broker = broker;
      this.connections += 1;
      this.#failures = 0;
      this.#tell("info", `${this.connections === 1 ? "connected" : "connected again"} to ${broker.address} (nats-server ${broker.version})`);
      this.firstTried(undefined);
      return await broker.closed;
    } catch (thrown) {
      return explain(thrown, this.#current?.address ?? "");
    } finally {
      this.#current = undefined;
      if (this.broker !== undefined) {
        this.broker = undefined;
        this.hooks.down();
      }
    }
  }

  #tellFailure(failure: PipelineError): void {
    const error = asPipelineError(failure, "E_QUEUE_UNREACHABLE");
    const lost = this.connections > 0 && this.#failures === 1;
    this.#tell("warn", `${lost ? "the connection to the broker is lost" : "the broker can't be used"}: ${error.message}; trying again`, error);
  }

  #tell(level: "info" | "warn", message: string, error?: PipelineError): void {
    const what = error === undefined ? message : error.code;
    if (what === this.#told) return;
    this.#told = what;
    this.hooks.tell(level, message, error);
  }
}
