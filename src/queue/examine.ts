import { pause, type Clock } from "../core/clock.js";
import type { ModelInfo } from "../model/index.js";
import { decodeAnnouncement, type Announcement } from "./announcement.js";
import { displayOf } from "./broker-options.js";
import { connectBroker } from "./connection.js";
import type { QueueOptions } from "./options.js";
import { HELLO_SUBJECT, isSameModel, modelKey, traitsOf, WORKERS_SUBJECT } from "./subjects.js";

/** What there is at the broker, for one model. */
export interface QueueExamined {
  readonly address: string;
  readonly version: string;
  readonly maxPayloadBytes: number;
  /** Of a frame that fills the model's input. */
  readonly frameBytes: number;
  /** Workers that run the model, and those that run another one. */
  readonly workers: readonly Announcement[];
  readonly others: readonly Announcement[];
}

/** Workers answer at once; one that does not speaks once a second, ms. */
const LISTEN_MS = 1500;

/**
 * Looks at the broker and listens for workers.
 * @throws PipelineError E_QUEUE_*, E_CONFIG
 */
export async function examineQueue(queue: QueueOptions, model: ModelInfo, clock: Clock): Promise<QueueExamined> {
  await using broker = await connectBroker(queue, "sightline check");
  const traits = traitsOf(model);
  await broker.queues.ensure(modelKey(traits), queue, "keep");
  const seen = new Map<string, Announcement>();
  broker.listen(WORKERS_SUBJECT, ({ data }) => {
    try {
      const said = decodeAnnouncement(data);
      if (!said.isLeaving) seen.set(said.worker, said);
    } catch {
      // Not ours: there is nothing to be said of it here.
    }
  });
  broker.send(HELLO_SUBJECT, new Uint8Array(0));
  await pause(LISTEN_MS, clock);
  const isOurs = (said: Announcement): boolean => isSameModel(said.model, traits);
  const all = [...seen.values()];
  return {
    address: displayOf(queue.url), version: broker.version, maxPayloadBytes: broker.maxPayloadBytes,
    frameBytes: 3 * model.inputWidthPx * model.inputHeightPx,
    workers: all.filter(isOurs), others: all.filter((one) => !isOurs(one)),
  };
}
