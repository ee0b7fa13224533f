import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { loadModelInfo } from "../../src/pool/index.js";
import { openQueuePool } from "../../src/queue/index.js";
import type { RunningCli } from "../support/cli.js";
import { until } from "../support/until.js";
import { runStreamsOnNumbers } from "../session/four-streams.js";
import { requireNats, startBroker } from "./nats-server.js";
import { numberedModelFile, queueOptions, startWorker } from "./rig.js";

const STREAMS = 4;
const FRAMES = 20_000;
const WORKERS = 2;
const KILLS = 10;

/** Another one each time, so that more is seen; NUMBERS_SEED=N takes one again. */
const SEED = Number(process.env["NUMBERS_SEED"] ?? process.hrtime.bigint() % 1_000_000n);

test(`mode queue: ${FRAMES} numbered frames of ${STREAMS} streams, epochs that change, workers that are killed: none swapped, repeated, lost or unaccounted for`, async (t) => {
  if (!requireNats(t)) return;
  t.diagnostic(`NUMBERS_SEED=${SEED}`);
  await using broker = await startBroker();
  const path = numberedModelFile();
  const workers: RunningCli[] = await Promise.all(Array.from({ length: WORKERS }, () => startWorker(broker, path)));
  const starting = new Set<Promise<unknown>>();
  /** One at a time: somebody has to be left who works. */
  const kill = (random: () => number): boolean => {
    if (starting.size > 0) return false;
    const which = Math.floor(random() * workers.length);
    workers[which]!.child.kill("SIGKILL");
    const next = startWorker(broker, path).then((worker) => void (workers[which] = worker)).finally(() => starting.delete(next));
    starting.add(next);
    return true;
  };
  try {
    const { info: model } = await loadModelInfo(path, { labels: null });
    const queue = queueOptions(broker.url, { ackWaitMs: 500 });
    const { pool: opened, figures } = await openQueuePool({ queue, model, frameTimeoutMs: 60_000 }, systemClock, () => undefined);
    await using pool = opened;
    await until(() => pool.workers === WORKERS, "both workers");
    const beginMs = performance.now();
    const found = await runStreamsOnNumbers({ mode: "queue", pool, mostOut: queue.mostInFlight, workers: WORKERS, jitterMs: 0, kill, kills: KILLS, streams: STREAMS, framesOfEach: FRAMES / STREAMS, seed: SEED });
    const { wrong, left, right, lost, epochs, overtakes, killed } = found;
    t.diagnostic(`${((performance.now() - beginMs) / 1000).toFixed(1)} s: ${right} right, ${epochs} epochs, ${overtakes} answers overtook another, ${killed} killed; ${JSON.stringify(figures())}`);
    assert.deepEqual([wrong, lost, left, right], [[], {}, FRAMES, FRAMES]);
    assert.ok(overtakes > FRAMES / 100 && epochs > FRAMES / 500 && killed > KILLS / 4);
  } finally {
    await Promise.all(starting);
    for (const { child } of workers) child.kill("SIGKILL");
  }
});
