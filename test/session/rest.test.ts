import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { WireRecord } from "../../src/wire/index.js";
import { systemClock } from "../../src/core/clock.js";
import { openSession } from "../../src/session/index.js";
import { directSink } from "../../src/sinks/index.js";
import { constantModel } from "../support/models.js";
import { temporaryFolder } from "../support/pool.js";
import { runSession } from "../support/running.js";
import { assertAccounted, settings } from "../support/session.js";
import { ffmpeg } from "../support/source.js";
import { until } from "../support/until.js";

const clip = join(temporaryFolder(), "clip.mp4");
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=20:duration=2", "-c:v", "mpeg4", "-q:v", "5", clip);
const base = { model: { path: constantModel(0) }, inference: { workers: 1 } };
const camera = (more: Record<string, unknown> = {}) => ({ source: clip, sourceOptions: { realtime: true, loop: true }, ...more });

test("a paused stream decodes nothing and says so; resumed it goes on in a new epoch with the next number, every frame accounted for", async () => {
  await using running = await runSession({ ...base, streams: { one: camera(), other: camera() } });
  const { session } = running;
  await running.moves("one", 3);
  await session.pause("one");
  const [rested, seen] = [running.of("one")!, running.recordsOf("one").length];
  assert.deepEqual([rested.state, rested.inHouse], ["paused", 0]);
  assertAccounted(rested);
  await running.moves("other", 10);
  assert.deepEqual([running.of("one")?.decoded, running.recordsOf("one").length], [rested.decoded, seen]);
  await session.pause("one");
  await session.resume("one");
  await running.moves("one", 3);
  assert.equal(running.of("one")?.state, "live");
  const after = running.recordsOf("one")[seen]!;
  assert.deepEqual([after.epoch, after.frame >= rested.decoded], [2, true]);
  await session.resume("one");
  await running.moves("one", 2);
  assert.equal(running.recordsOf("one").at(-1)?.epoch, 2, "a stream that runs was begun anew");
  for (const stats of await running.stop()) assertAccounted(stats);
});

test("the states of a rest are told in order, also for a file, which tells none itself", async () => {
  const states: string[] = [];
  const sink = directSink("states", (published: { readonly record: WireRecord }) => void (published.record.type === "state" && states.push(`${published.record.state} ${published.record.epoch}`)));
  const stop = new AbortController();
  await using session = await openSession(settings({ ...base, streams: { one: { source: clip, sourceOptions: { loop: true } } } }), { signal: stop.signal, clock: systemClock, version: "test", notice: () => undefined, extraSinks: [sink] });
  const decoded = () => session.stats()[0]!.decoded;
  await until(() => decoded() > 0, "the first frame");
  await session.pause("one");
  await session.resume("one");
  await until(() => session.stats()[0]!.state === "live", "frames again");
  await session.pause("one");
  stop.abort();
  assert.deepEqual((await session.done).map(({ state }) => state), ["ended"]);
  assert.deepEqual(states, ["paused 1", "connecting 1", "live 2", "paused 2", "ended 2"]);
});

test("a session whose only stream is paused is not over; it ends when it is told to", async () => {
  const running = await runSession({ ...base, streams: { one: { source: clip } } });
  await running.session.pause("one").catch((error: { code: string }) => assert.equal(error.code, "E_STREAM_STATE"));
  if (running.of("one")?.state === "paused") {
    let isOver = false;
    void running.session.done.then(() => (isOver = true));
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(isOver, false);
  }
  assert.deepEqual((await running.stop()).map(({ state }) => state), ["ended"]);
  await running[Symbol.asyncDispose]();
});

test("a paused stream may be changed and removed; changed it goes on as it was told meanwhile", async () => {
  await using running = await runSession({ ...base, streams: { one: camera(), other: camera() } });
  const { session } = running;
  await running.moves("one", 1);
  await session.pause("one");
  await session.change("one", camera({ maxFps: 2, labels: { site: "north" } }));
  assert.deepEqual([running.of("one")?.state, running.of("one")?.labels], ["paused", { site: "north" }]);
  await session.resume("one");
  await until(() => (running.of("one")?.skipped.max_fps ?? 0) > 3, "the new rate to be kept");
  await session.pause("one");
  await session.remove("one");
  assert.equal(running.of("one"), undefined);
  const stats = await running.stop();
  assert.deepEqual(stats.map(({ stream, state }) => [stream, state]), [["one", "ended"], ["other", "ended"]]);
});

test("a restart begins another epoch, also of a stream that has failed, and numbers go on", async () => {
  await using running = await runSession({ ...base, streams: { one: camera(), broken: { source: join(temporaryFolder(), "none.mp4") } } });
  const { session } = running;
  await running.moves("one", 2);
  const last = running.recordsOf("one").at(-1)!.frame;
  await session.restart("one");
  await running.moves("one", 2);
  const fresh = running.recordsOf("one").find(({ epoch }) => epoch === 2)!;
  assert.ok(fresh.frame > last, `${fresh.frame} after ${last}`);
  await until(() => running.of("broken")?.state === "failed", "broken to fail");
  await assert.rejects(session.pause("broken"), { code: "E_STREAM_STATE", message: "broken is over (failed): there is nothing to pause" });
  await session.restart("broken");
  await until(() => running.notices.filter(({ stream }) => stream === "broken").length === 2, "broken to fail again");
  for (const verb of ["restart", "pause", "resume"] as const) await assert.rejects(session[verb]("nobody"), { code: "E_CONFIG" });
});

test("orders that come all at once are followed one after the other", async () => {
  await using running = await runSession({ ...base, streams: { one: camera() } });
  const { session } = running;
  await running.moves("one", 1);
  await Promise.all([session.pause("one"), session.resume("one"), session.restart("one"), session.pause("one"), session.pause("one"), session.resume("one")]);
  await running.moves("one", 2);
  assert.equal(running.of("one")?.state, "live");
  const frames = running.recordsOf("one").map(({ frame }) => frame);
  assert.deepEqual(frames, [...new Set(frames)].sort((a, b) => a - b), "a number was given twice or out of order");
  for (const stats of await running.stop()) assertAccounted(stats);
});
