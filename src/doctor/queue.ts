import { ok, type Look } from "./examine.js";

/** A worker as it says itself. */
export interface SeenWorker {
  readonly worker: string;
  readonly modelId: string;
  readonly model: { readonly sha256: string };
  readonly instances: number;
}

/** What there is at the broker. */
export interface QueueFacts {
  readonly address: string;
  readonly version: string;
  readonly maxPayloadBytes: number;
  /** Of a frame that fills the model's input. */
  readonly frameBytes: number;
  /** The digest of our model file. */
  readonly sha256: string;
  /** Workers that run our model, and those that run another one. */
  readonly workers: readonly SeenWorker[];
  readonly others: readonly SeenWorker[];
}

/** The oldest NATS server without known holes that reach a client; older ones work. */
const SAFE_VERSION = [2, 12, 6] as const;

/** Whether the broker works, how frames fit into its messages, and who runs the model there. */
export function queueLook(examine: () => Promise<QueueFacts>): Look {
  return {
    name: "queue",
    async look() {
      const facts = await examine();
      const { address, version, maxPayloadBytes, frameBytes, workers } = facts;
      const fits = frameBytes < maxPayloadBytes ? "fits" : `goes in ${Math.ceil(frameBytes / maxPayloadBytes)} parts`;
      const instances = workers.reduce((sum, worker) => sum + worker.instances, 0);
      const detail = `${address}: nats-server ${version} with JetStream; a frame of ${frameBytes} bytes ${fits} (max_payload ${maxPayloadBytes}); ${workers.length} ${workers.length === 1 ? "worker" : "workers"} with ${instances} instances${othersText(facts)}`;
      if (workers.length === 0) return { status: "warn", detail, next: "start one: sightline worker --nats URL --model M, with this very model file" };
      if (isOld(version)) return { status: "warn", detail, next: `use nats-server ${SAFE_VERSION.join(".")} or newer where others can reach it` };
      return ok(detail);
    },
  };
}

function othersText({ others, sha256 }: QueueFacts): string {
  return others.map(({ worker, modelId, model }) => `; ${worker} runs ${modelId} (sha256 ${model.sha256.slice(0, 16)}, ours is ${sha256.slice(0, 16)})`).join("");
}

function isOld(version: string): boolean {
  const parts = version.split(".").map(Number);
  for (const [i, wanted] of SAFE_VERSION.entries()) {
    const part = parts[i] ?? 0;
    if (part !== wanted) return part < wanted;
  }
  return false;
}
