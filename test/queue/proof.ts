import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.js";
import type { QueueFigures } from "../../src/core/queue-figures.js";
import type { LetterboxRule } from "../../src/model/index.js";
import { streamMeter, type StreamMeter } from "../../src/metrics/index.js";
import { NUMBERED_SIZE_PX, numberOf } from "../../src/numbered/index.js";
import { runPipeline } from "../../src/pipeline.js";
import { loadModelInfo, type InferencePool } from "../../src/pool/index.js";
import { openQueuePool } from "../../src/queue/index.js";
import { createRing } from "../../src/ring/index.js";
import { numberedSource } from "../../src/source/numbered.js";
import type { RunningCli } from "../support/cli.js";
import { LIMITS } from "../support/pool.js";
import { assertAccounted } from "../support/session.js";
import { until } from "../support/until.js";
import { startBroker } from "./nats-server.js";
import { numberedModelFile, queueOptions, startWorker } from "./rig.js";

/** What is done to the queue while it works. */
export interface ProofOptions {
  readonly framesPerStream: number;
  readonly streams: number;
  /** Workers killed, at random moments, each replaced. */
  readonly kills: number;
  readonly brokerRestarts: number;
  readonly brokerAwayMs: number;
  /** 0 (inclusive) to 1. */
  readonly random: () => number;
  /** The broker's program, where it is not the usual one. */
  readonly program?: string;
}

/** One numbered file on its way. */
interface Numbers {
  /** Frame numbers as they left, and what the model read in the pixels of each; NaN where there was no detection. */
  readonly frames: number[];
  readonly numbers: number[];
  readonly meter: StreamMeter;
  readonly done: Promise<unknown>;
}

function runNumbers(pool: InferencePool, ringId: number, frames: number, slots: number, letterbox: LetterboxRule): Numbers {
  const ring = createRing({ slots, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
  const stream = `numbers-${ringId}`;
  const source = numberedSource({ stream, frames, everyNth: 1, ring, letterbox }, systemClock);
  const inHouse = { count: 0 };
  const meter = streamMeter({ stream, inHouse, inHouseLimit: slots, expectedFrames: () => frames, monotonicMs: () => systemClock.monotonicMs(), startedMs: 0 });
  const read = { frames: [] as number[], numbers: [] as number[] };
  pool.join(ringId, { weight: 1, newestFirst: false });
  const done = runPipeline({
    source, ring, ringId, pool, meter, inHouse, clock: systemClock,
    limits: () => LIMITS, maxAgeMs: () => 500, isDue: () => true, maxConsecutiveFailures: 1,
    watched: () => false, lookBegins: () => undefined, sinksReady: () => undefined,
    fail(error) {
      throw error;
    },
    stop: new AbortController().signal,
    stateChanged: () => undefined,
    publish({ outcome }) {
      assertAccounted(meter.stats());
      read.frames.push(outcome.header.frame);
      read.numbers.push(outcome.kind === "detected" ? numberOf(outcome.detections.boxes[0] ?? NaN) : NaN);
    },
  }).then(() => assert.equal(ring.outstanding, 0, "slots were not given back"));
  return { ...read, meter, done };
}

/**
 * Numbered frames of several files through a real broker and workers that are processes of their own, of which some are
 * killed while they work. Throws when a frame is swapped, repeated, missing or unaccounted for.
 */
export async function proveQueue(options: ProofOptions): Promise<QueueFigures> {
  const { framesPerStream, streams, program } = options;
  await using broker = await startBroker(program === undefined ? {} : { program });
  const path = numberedModelFile();
  const workers = await Promise.all([startWorker(broker, path), startWorker(broker, path)]);
  try {
    const { info: model } = await loadModelInfo(path, { labels: null });
    const queue = queueOptions(broker.url, { ackWaitMs: 500 });
    const { pool, figures } = await openQueuePool({ queue, model, frameTimeoutMs: 60_000 }, systemClock, () => undefined);
    await using _pool = pool;
    const files = Array.from({ length: streams }, (_, id) => runNumbers(pool, id, framesPerStream, queue.mostInFlight + 2, model.letterbox));
    const through = (): number => files.reduce((sum, { frames }) => sum + frames.length, 0);
    await disturb(options, through, { broker, workers, startAnother: () => startWorker(broker, path) });
    await until(() => through() === framesPerStream * streams, `all frames; ${JSON.stringify(figures())}`, 800_000);
    await Promise.all(files.map(({ done }) => done));
    const expected = Array.from({ length: framesPerStream }, (_, i) => i);
    for (const { frames, numbers, meter } of files) {
      assert.deepEqual(frames, expected, "frame numbers left out of order, repeated, or not all");
      assert.deepEqual(numbers, expected, "a result was given to another frame");
      assert.equal(meter.stats().inHouse, 0);
    }
    return figures();
  } finally {
    for (const { child } of workers) child.kill("SIGKILL");
  }
}

interface Victims {
  readonly broker: Awaited<ReturnType<typeof startBroker>>;
  readonly workers: RunningCli[];
  readonly startAnother: () => Promise<RunningCli>;
}

async function disturb({ framesPerStream, streams, kills, brokerRestarts, brokerAwayMs, random }: ProofOptions, through: () => number, { broker, workers, startAnother }: Victims): Promise<void> {
  const total = framesPerStream * streams;
  const events = [...Array.from({ length: kills }, () => "kill" as const), ...Array.from({ length: brokerRestarts }, () => "restart" as const)];
  const moments = events.map((what) => ({ what, at: Math.floor(total * (0.05 + 0.85 * random())) })).sort((a, b) => a.at - b.at);
  for (const { what, at } of moments) {
    await until(() => through() >= at, `${at} of ${total} frames`, 800_000);
    if (what === "restart") {
      await broker.kill();
      await new Promise((resolve) => setTimeout(resolve, brokerAwayMs));
      await broker.start();
    } else {
      const which = random() < 0.5 ? 0 : 1;
      workers[which]!.child.kill("SIGKILL");
      workers[which] = await startAnother();
    }
  }
}
