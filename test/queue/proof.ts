import assert from "node:assert/strict";
import { numberOf } from "../../src/numbered/index.js";
import type { FrameRecord } from "../../src/wire/index.js";
import type { StreamStats } from "../../src/core/stats.js";
import { assertAccounted } from "../support/session.js";
import { runSession } from "../support/running.js";
import type { RunningCli } from "../support/cli.js";
import { until } from "../support/until.js";
import { startBroker } from "./nats-server.js";
import { numberedModelFile, startWorker } from "./rig.js";

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

/** What came of it. */
export interface ProofResult {
  readonly stats: readonly StreamStats[];
  readonly records: number;
  readonly kills: number;
}

/**
 * Numbered frames of several files through a real broker and workers that are processes of their own, of which some are
 * killed while they work. Throws when a frame is swapped, repeated, missing or unaccounted for.
 */
export async function proveQueue({ framesPerStream, streams, kills, brokerRestarts, brokerAwayMs, random, program }: ProofOptions): Promise<ProofResult> {
  await using broker = await startBroker(program === undefined ? {} : { program });
  const model = numberedModelFile();
  const workers: RunningCli[] = await Promise.all([startWorker(broker, model), startWorker(broker, model)]);
  try {
    const sources = Array.from({ length: streams }, () => `test:numbered?frames=${framesPerStream}`);
    await using running = await runSession({ sources, inference: { mode: "queue", queue: { url: broker.url, ackWaitMs: 500 } } });
    const total = framesPerStream * streams;
    const events = [...Array.from({ length: kills }, () => "kill" as const), ...Array.from({ length: brokerRestarts }, () => "restart" as const)];
    const moments = events.map((what) => ({ what, at: Math.floor(total * (0.05 + 0.85 * random())) })).sort((a, b) => a.at - b.at);
    for (const { what, at } of moments) {
      await until(() => running.records.length >= at, `${at} of ${total} records; ${JSON.stringify(running.session.stats())}`, 300_000);
      for (const stats of running.session.stats()) assertAccounted(stats);
      if (what === "restart") {
        await broker.kill();
        await new Promise((resolve) => setTimeout(resolve, brokerAwayMs));
        await broker.start();
      } else {
        const which = random() < 0.5 ? 0 : 1;
        workers[which]!.child.kill("SIGKILL");
        workers[which] = await startWorker(broker, model);
      }
    }
    const stats = await running.session.done;
    for (const one of stats) assertWhole(one, running.recordsOf(one.stream), framesPerStream);
    return { stats, records: running.records.length, kills };
  } finally {
    for (const { child } of workers) child.kill("SIGKILL");
  }
}

function assertWhole(stats: StreamStats, records: readonly FrameRecord[], frames: number): void {
  assertAccounted(stats);
  const expected = Array.from({ length: frames }, (_, i) => i);
  assert.deepEqual(records.map(({ frame }) => frame), expected, `${stats.stream}: frame numbers left out of order, repeated, or not all`);
  assert.deepEqual(records.map(({ outcome }) => outcome).filter((outcome) => outcome !== "detected"), [], stats.stream);
  const numbers = records.map((record) => ("objects" in record ? numberOf(record.objects?.[0]?.box[0] ?? NaN) : NaN));
  assert.deepEqual(numbers, expected, `${stats.stream}: a result was given to another frame`);
}
