import { AckPolicy, DiscardPolicy, jetstream, JetStreamApiError, jetstreamManager, RetentionPolicy, StorageType, type JsMsg } from "@nats-io/jetstream";
import { asPipelineError } from "../core/errors.js";
import { allWork, KINDS, streamName, workFor, workOf, type QueueKind } from "./subjects.js";

/** How the queues at the broker are made. The settings' part `inference.queue`. */
export interface QueueRules {
  /** A frame whose worker says nothing for so long goes to another one, ms. */
  readonly ackWaitMs: number;
  /** How often a frame of a file is handed out at most. */
  readonly mostDeliveries: number;
  /** A live frame that waited for so long at the broker is thrown away, ms. */
  readonly liveMaxAgeMs: number;
  /** Most memory of each of the two streams, MiB. */
  readonly streamMaxMiB: number;
}

/** A frame of the queue in a worker's hands. */
export interface QueuedMessage {
  readonly data: Uint8Array;
  /** How often it has been handed out, this time included. */
  readonly deliveries: number;
  /** It is done. */
  done(): void;
  /** It is still being worked on. */
  working(): void;
  /** It goes back, for another worker. */
  giveBack(): void;
  /** Nobody can do it. */
  refuse(): void;
}

/** The work queues at the broker. */
export interface Queues {
  /**
   * Makes the streams and this model's consumers where they are missing; `rules` also change those that are there.
   * @throws what the library throws
   */
  ensure(key: string, rules: QueueRules, how: "change" | "keep"): Promise<void>;
  /** Makes again what was taken away while we were connected, once for all who met it at the same time. Never rejects: whoever still meets it asks again. */
  mend(key: string, rules: QueueRules, how: "change" | "keep"): Promise<void>;
  /** Puts a frame into the queue. Settles when the broker has it. */
  put(subject: string, data: Uint8Array, timeoutMs: number): Promise<PutResult>;
  /** Waits for a frame; null when none came in time. */
  pull(kind: QueueKind, key: string, waitMs: number): Promise<QueuedMessage | null>;
  /** Takes out what a session has left. */
  purge(key: string, session: string): Promise<void>;
}

/** full = no room at the moment; missing = there is no such queue (the broker was restarted); unknown = no answer came. */
export type PutResult = "stored" | "full" | "missing" | "unknown";

type Connection = Parameters<typeof jetstream>[0];

const NS_PER_MS = 1_000_000;
const MIB = 1024 * 1024;
/** A frame of a file lies there until it is done; this is for what a session left that was killed, ms. */
const FILES_MAX_AGE_MS = 10 * 60_000;
/** A model that no worker has asked for so long has no consumer any more, ms. */
const CONSUMER_IDLE_MS = 60 * 60_000;
/** More than all workers of a model can have in hands. */
const MOST_UNACKNOWLEDGED = 4096;
/** What the broker says (error codes of its API) when something is there, but made otherwise; and when there is no room. */
const NAME_IN_USE = 10_058;
const NO_ROOM: ReadonlySet<number> = new Set([10_023, 10_028, 10_047, 10_077, 10_122]);
const STREAM_MISSING = 10_059;

/** @throws what the library throws when there is no JetStream for this account */
export async function queuesOn(connection: Connection): Promise<Queues> {
  const manager = await jetstreamManager(connection);
  const client = jetstream(connection);
  const consumers = new Map<string, ReturnType<typeof client.consumers.get>>();

  async function ensureStream(kind: QueueKind, rules: QueueRules, how: "change" | "keep"): Promise<void> {
    const name = streamName(kind);
    const there = await manager.streams.info(name).catch(whenMissing);
    if (there === undefined) await manager.streams.add(streamConfig(kind, rules)).catch(unlessInUse);
    else if (how === "change") await manager.streams.update(name, streamConfig(kind, rules));
  }

  async function ensureConsumer(kind: QueueKind, key: string, rules: QueueRules, how: "change" | "keep"): Promise<void> {
    const there = await manager.consumers.info(streamName(kind), key).catch(whenMissing);
    const { ack_wait, max_deliver, ...fixed } = consumerConfig(kind, key, rules);
    if (there === undefined) await manager.consumers.add(streamName(kind), { ...fixed, ack_wait, max_deliver });
    else if (how === "change") await manager.consumers.update(streamName(kind), key, { ack_wait, max_deliver });
  }

  async function ensure(key: string, rules: QueueRules, how: "change" | "keep"): Promise<void> {
    for (const kind of KINDS) {
      await ensureStream(kind, rules, how);
      await ensureConsumer(kind, key, rules, how);
    }
  }

  let mending: Promise<void> | undefined;
  return {
    ensure,
    mend: (key, rules, how) =>
      (mending ??= ensure(key, rules, how)
        .catch(() => undefined)
        .finally(() => (mending = undefined))),
    put: (subject, data, timeoutMs) =>
      client.publish(subject, data, { timeout: timeoutMs }).then((): PutResult => "stored", whyNotStored),
    async pull(kind, key, waitMs) {
      const name = `${kind} ${key}`;
      let consumer = consumers.get(name);
      if (consumer === undefined) {
        consumers.set(name, (consumer = client.consumers.get(streamName(kind), key)));
        consumer.catch(() => consumers.delete(name));
      }
      const message = await (await consumer).next({ expires: waitMs });
      return message && messageOf(message);
    },
    async purge(key, session) {
      for (const kind of KINDS) await manager.streams.purge(streamName(kind), { filter: workOf(kind, key, session) });
    },
  };
}

function streamConfig(kind: QueueKind, { liveMaxAgeMs, streamMaxMiB }: QueueRules) {
  return {
    name: streamName(kind),
    subjects: [allWork(kind)],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.Memory,
    // Live: the oldest goes. Files: nothing goes, the publisher waits.
    discard: kind === "live" ? DiscardPolicy.Old : DiscardPolicy.New,
    // A subject is a slot of a session's ring: what lies there longer is of a frame that nobody waits for any more.
    max_msgs_per_subject: 1,
    max_age: (kind === "live" ? liveMaxAgeMs : FILES_MAX_AGE_MS) * NS_PER_MS,
    max_bytes: streamMaxMiB * MIB,
    num_replicas: 1,
    // It can't be longer than the greatest age.
    duplicate_window: Math.min(liveMaxAgeMs, 1000) * NS_PER_MS,
  };
}

function consumerConfig(kind: QueueKind, key: string, { ackWaitMs, mostDeliveries }: QueueRules) {
  return {
    durable_name: key,
    filter_subject: workFor(kind, key),
    ack_policy: AckPolicy.Explicit,
    ack_wait: ackWaitMs * NS_PER_MS,
    max_deliver: kind === "live" ? 1 : mostDeliveries,
    max_ack_pending: MOST_UNACKNOWLEDGED,
    inactive_threshold: CONSUMER_IDLE_MS * NS_PER_MS,
  };
}

const apiCode = (thrown: unknown): number | undefined => (thrown instanceof JetStreamApiError ? thrown.code : undefined);

function whenMissing(thrown: unknown): undefined {
  if (thrown instanceof JetStreamApiError && thrown.status === 404) return undefined;
  throw thrown;
}

/** Two sessions that begin at once both make it. */
function unlessInUse(thrown: unknown): void {
  if (apiCode(thrown) === NAME_IN_USE) return;
  if (NO_ROOM.has(apiCode(thrown) ?? 0)) throw asPipelineError(thrown, "E_QUEUE_FULL");
  throw thrown;
}

function whyNotStored(thrown: unknown): PutResult {
  const code = apiCode(thrown);
  if (code === STREAM_MISSING || (thrown instanceof Error && thrown.name === "JetStreamNotEnabled")) return "missing";
  return code !== undefined && (NO_ROOM.has(code) || code === 10_054) ? "full" : "unknown";
}

function messageOf(message: JsMsg): QueuedMessage {
  return {
    data: message.data,
    deliveries: message.info.deliveryCount,
    done: () => message.ack(),
    working: () => message.working(),
    giveBack: () => message.nak(),
    refuse: () => message.term(),
  };
}
