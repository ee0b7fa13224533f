import assert from "node:assert/strict";
import test from "node:test";
import { systemRandom } from "../../src/core/clock.js";
import { Closers } from "../../src/core/lifetime.js";
import { requireNats, startBroker } from "../queue/nats-server.js";
import { startCli } from "../support/cli.js";
import { OPENVINO_VARIABLES, skipOpenvino } from "../support/runtimes.js";
import { MODES, moments, stopAt, type Stopped } from "./stopping.js";

const skip = process.platform === "linux" ? false : "SKIPPED: looks for what is left in /proc";
/** Of each mode; together 200, some ten minutes. */
const MOMENTS = Number(process.env["MOMENTS"] ?? Math.ceil(200 / MODES.length));
/** As many programs run at a time: more would make each other late. */
const AT_ONCE = 3;

/** What mode queue needs: a broker, and a worker with the model of the program. */
async function openQueue(closers: Closers): Promise<Record<string, string>> {
  const broker = closers.use(await startBroker());
  const worker = startCli(["worker", "--nats", broker.url, "--workers", "1"], { timeoutMs: 3_600_000 });
  closers.defer(() => worker.child.kill("SIGKILL"));
  await worker.saying(/serves .* with/);
  return { SIGHTLINE_INFERENCE_QUEUE_URL: broker.url };
}

const WAYS = [...MODES.map((mode) => ({ mode, name: mode, env: {}, skip: skip })), { mode: "threads" as const, name: "threads with openvino", env: { ...OPENVINO_VARIABLES, SIGHTLINE_INFERENCE_RUNTIME: "openvino" }, skip: skip || skipOpenvino }];

for (const { mode, name, env, skip: why } of WAYS) {
  test(`${name}: stopped at ${MOMENTS} moments the program leaves nothing behind`, { skip: why }, async (t) => {
    const seed = Number(process.env["SEED"] ?? Math.floor(systemRandom() * 2 ** 32));
    t.diagnostic(`SEED=${seed}`);
    await using closers = new Closers();
    if (mode === "queue" && !requireNats(t)) return;
    const more = mode === "queue" ? await openQueue(closers) : env;
    const queue = moments(seed, MOMENTS);
    const stopped: Stopped[] = [];
    const failed: unknown[] = [];
    const work = async (): Promise<void> => {
      for (let moment = queue.shift(); moment; moment = queue.shift()) await stopAt(moment, mode, [], more).then((one) => stopped.push(one), (error: unknown) => failed.push(error));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const took = stopped.filter(({ how }) => how === "clean").map(({ tookMs }) => tookMs).sort((a, b) => a - b);
    const counts = ["clean", "early", "forced"].map((how) => `${stopped.filter((one) => one.how === how).length} ${how}`);
    t.diagnostic(`${counts.join(", ")}; clean ends took ${[0.5, 0.95, 1].map((share) => Math.round(took[Math.ceil(share * took.length) - 1] ?? NaN)).join(" / ")} ms (median, 95 %, most)`);
    assert.deepEqual(failed.map(String), []);
  });
}
