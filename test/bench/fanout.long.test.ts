import assert from "node:assert/strict";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { publishSteadily, startClients } from "../../src/bench/fanout-rig.js";
import { fanoutText, runFanout } from "../../src/bench/index.js";

test("a small fan-out delivers everything in order, beside sleepers too, and says so", async () => {
  const said: string[] = [];
  const options = { clients: 5, rate: 20, objects: 20, seconds: 1, sleepers: 2, idle: 3, rounds: 1, steps: 1, pipelines: null, command: "sightline bench --fanout" };
  const report = await runFanout(options, { signal: new AbortController().signal, progress: (words) => said.push(words) });
  for (const delivery of [report.steady, report.withSleepers!]) {
    assert.deepEqual([delivery.published, delivery.received, delivery.least, delivery.lost, delivery.disordered], [20, 100, 20, 0, 0]);
    assert.ok(delivery.latencyMs.p50 <= delivery.latencyMs.p99 && delivery.latencyMs.p99 <= delivery.latencyMs.max);
  }
  assert.equal(report.withSleepers?.sleepersConnected, 2);
  assert.ok(report.fastest.ours.median > 0 && report.fastest.bare.median > 0);
  assert.deepEqual(report.steps.map(({ rate, lost }) => [rate, lost]), [[30, 0]]);
  assert.ok(report.recordBytes > 1000 && report.recordBytes < 3000);
  assert.ok(said.length >= 5);
  const text = fanoutText(report);
  assert.match(text, /5 subscribers x 20\/s, 1 s: 100 of 100 delivered, 0 missing \(0 told as gaps\), 0 out of order/);
  assert.match(text, /\nratio: \d/);
});

test("clients that are gone, as after a Ctrl-C, end the measurement instead of being waited for", { timeout: 20_000 }, async () => {
  using clients = startClients();
  const nothing = { kind: "connect", url: "ws://127.0.0.1:9/", group: "none", count: 0, behaviour: "idle" } as const;
  await clients.tell(nothing);
  clients[Symbol.dispose]();
  // The first may be told to a process that is just ending, the second to one that is not there.
  await assert.rejects(clients.tell(nothing), { code: "E_BENCH" });
  await assert.rejects(clients.tell(nothing), { code: "E_BENCH" });
});

test("a rate that is too high is not called reached: what was published counts against the time that it took", async () => {
  using _held = systemClock.hold();
  const never = new AbortController().signal;
  const blocked = (): void => {
    const untilMs = performance.now() + 20;
    while (performance.now() < untilMs);
  };
  const { count, tookMs } = await publishSteadily(blocked, 100, 100, never);
  assert.equal(count, 10);
  assert.ok(tookMs >= 200, `10 records of 20 ms each took ${tookMs} ms`);
});
