import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { constantModel } from "../support/models.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { runSession } from "../support/running.js";
import { assertAccounted, runToEnd, settings } from "../support/session.js";
import { ffmpeg } from "../support/source.js";
import { until } from "../support/until.js";

const folder = temporaryFolder();
const FRAMES = 40;
const clip = join(folder, "clip.mp4");
ffmpeg("-f", "lavfi", "-i", `testsrc2=size=64x64:rate=20:duration=${FRAMES / 20}`, "-c:v", "mpeg4", "-q:v", "5", clip);
const notVideo = join(folder, "not-video.mp4");
writeFileSync(notVideo, "this is no video");

const model = { path: constantModel(0) };
/** A file as if it were a camera. */
const camera = (more: Record<string, unknown> = {}) => ({ source: clip, sourceOptions: { realtime: true, loop: true }, ...more });

test("what is wrong with one stream is its own affair: it is told with its name and labels, and the others see every frame", async () => {
  const { records, stats, notices } = await runToEnd(
    settings({
      model,
      inference: { workers: 2, maxConsecutiveFailures: 5 },
      streams: {
        good: { source: clip },
        missing: { source: join(folder, "missing.mp4"), labels: { site: "north" } },
        broken: { source: notVideo },
        scheme: { source: "gopher://me:hunter2@cam/1" },
        poison: { source: clip, model: { path: constantModel(NaN) } },
        modelless: { source: clip, model: { path: join(folder, "no.onnx") } },
        classless: { source: clip, detect: { classes: ["unicorn"] } },
      },
    }),
  );
  const errors = Object.fromEntries(stats.map((one) => [one.stream, one.error?.code ?? one.state]));
  assert.deepEqual(errors, {
    good: "ended", missing: "E_SOURCE_MISSING", broken: "E_SOURCE_NOT_VIDEO", scheme: "E_SOURCE_SCHEME",
    poison: "E_CONSECUTIVE_FAILURES", modelless: "E_MODEL_MISSING", classless: "E_CONFIG",
  });
  const good = records.filter(({ stream }) => stream === "good");
  assert.deepEqual(good.map(({ frame, outcome }) => [frame, outcome]), Array.from({ length: FRAMES }, (_, frame) => [frame, "detected"]));
  const told = notices.filter(({ level }) => level === "error");
  assert.deepEqual(told.map(({ stream }) => stream).sort(), ["broken", "classless", "missing", "modelless", "poison", "scheme"]);
  assert.deepEqual(told.find(({ stream }) => stream === "missing")?.labels, { site: "north" });
  assert.deepEqual(stats.find(({ stream }) => stream === "missing")?.labels, { site: "north" });
  assert.equal(JSON.stringify([notices, stats]).includes("hunter2"), false);
});

test("a bare source that can't be opened keeps the session from opening, and nothing of the others is recorded", async () => {
  const seen: unknown[] = [];
  const options = settings({ model, inference: { workers: 1 }, sources: [clip, join(folder, "missing.mp4")], streams: { named: { source: clip } } });
  await assert.rejects(runToEnd(options, (record) => void seen.push(record)), { code: "E_SOURCE_MISSING" });
  assert.deepEqual(seen, []);
});

test("streams with other filters share the threads of one model, and each gets what it asked for", async () => {
  const street = project("samples", "street.mp4");
  await using running = await runSession({
    inference: { workers: 2 },
    streams: {
      all: { source: street },
      cars: { source: street, detect: { classes: ["car"] } },
      // Records round to four places: what is 0.6 there may have been a little more.
      sure: { source: street, detect: { conf: 0.60005 } },
      best: { source: street, detect: { maxDetections: 1 } },
    },
  });
  await until(() => ["all", "cars", "sure", "best"].every((name) => running.recordsOf(name).length >= 60), "60 records of each");
  assert.equal(running.session.workers(), 2);
  assert.equal(running.session.models().length, 1);
  await running.stop();
  const objectsOf = (stream: string, frame: number) => running.recordsOf(stream)[frame]?.objects ?? [];
  let counted = 0;
  for (let frame = 0; frame < 60; frame += 1) {
    const all = objectsOf("all", frame);
    assert.deepEqual(objectsOf("cars", frame), all.filter(({ label }) => label === "car"));
    assert.deepEqual(objectsOf("sure", frame), all.filter(({ score }) => score > 0.6));
    assert.deepEqual(objectsOf("best", frame), all.slice(0, 1));
    counted += all.length;
  }
  assert.ok(counted > 60, "the clip shows too little to tell filters apart");
});

test("models get threads by the weights of their streams; a pool opens with its first stream and closes with its last", async () => {
  const other = { path: constantModel(0, [], { task: "detect", stride: "32", batch: "1", imgsz: "[32, 32]", names: "{0: 'other'}" }) };
  await using running = await runSession({
    model, inference: { workers: 4 },
    streams: { a: camera({ weight: 2 }), b: camera(), c: camera({ model: other }) },
  });
  await Promise.all(["a", "b", "c"].map((name) => running.moves(name, 3)));
  assert.equal(running.session.models().length, 2);
  assert.equal(running.session.workers(), 4);
  await running.session.remove("c");
  await until(() => running.session.workers() === 3, "the pool of c to close");
  await running.session.remove("a");
  assert.equal(running.session.workers(), 3, "b still needs the pool");
  await running.session.add("d", camera({ model: other }));
  await running.moves("d", 3);
  await running.moves("b", 3);
  const stats = await running.stop();
  assert.deepEqual(stats.map(({ stream, state }) => [stream, state]), [["c", "ended"], ["a", "ended"], ["b", "ended"], ["d", "ended"]]);
  for (const one of stats) assertAccounted(one);
});

test("streams are added, changed and removed under a running one, whose frames go on one by one in the same epoch", async () => {
  await using running = await runSession({ model, inference: { workers: 2 }, live: { maxAgeMs: 60_000 }, streams: { steady: camera() } });
  const { session } = running;
  await running.moves("steady", 3);
  await session.add("guest", camera({ maxFps: 5, labels: { floor: "1" } }));
  await running.moves("guest", 3);
  await session.change("guest", camera({ source: notVideo }));
  await until(() => running.of("guest")?.state === "failed", "guest to fail");
  await session.change("guest", camera());
  await running.moves("guest", 3);
  await session.remove("guest");
  assert.equal(running.of("guest"), undefined);
  await running.moves("steady", 5);
  await assert.rejects(session.add("steady", camera()), { code: "E_CONFIG" });
  await assert.rejects(session.add("no name", camera()), { code: "E_CONFIG" });
  await assert.rejects(session.change("guest", camera()), { code: "E_CONFIG" });
  await assert.rejects(session.remove("guest"), { code: "E_CONFIG" });
  await running.stop();
  await assert.rejects(session.add("late", camera()), { code: "E_STOPPED" });
  const steady = running.recordsOf("steady");
  assert.ok(steady.every(({ epoch }) => epoch === 1));
  const skipped = steady.reduce((sum, record) => sum + Object.values(record.skipped ?? {}).reduce((a, b) => a + b, 0), 0);
  assert.equal((steady.at(-1)?.frame ?? 0) + 1 - steady.length, skipped, "frames were lost when others came and went");
});

test("what a running source need not know changes under it; anything else starts it anew: a new epoch, numbers going on", async () => {
  await using running = await runSession({ model, inference: { workers: 1 }, streams: { one: camera() } });
  const { session } = running;
  const seen = (): { epochs: number[]; frames: number[] } => ({
    epochs: [...new Set(running.recordsOf("one").map(({ epoch }) => epoch))], frames: running.recordsOf("one").map(({ frame }) => frame),
  });
  await running.moves("one", 3);
  assert.equal(running.recordsOf("one")[0]?.objects.length, 0);
  await session.change("one", camera({ weight: 3, maxFps: 10, maxAgeMs: 400, detect: { conf: 0 }, labels: { new: "yes" } }));
  await running.moves("one", 3);
  assert.deepEqual(seen().epochs, [1], "a weight or a filter restarted the source");
  assert.deepEqual(running.of("one")?.labels, { new: "yes" });
  assert.ok((running.of("one")?.skipped.max_fps ?? 0) > 0, "the new rate was not taken over");
  await assert.rejects(session.change("one", camera({ maxFps: 10, detect: { classes: ["unicorn"] } })), { code: "E_CONFIG" });
  await running.moves("one", 3);
  const before = running.of("one")?.decoded ?? 0;
  await session.change("one", camera({ maxFps: 10, sourceOptions: { realtime: true, loop: true, decodeThreads: 1 } }));
  await running.moves("one", 3);
  assert.deepEqual(seen().epochs, [1, 2]);
  assert.ok((running.of("one")?.decoded ?? 0) > before, "the figures began anew");
  await session.remove("one").catch(() => undefined);
  const { frames } = seen();
  assert.deepEqual(frames, [...new Set(frames)].sort((a, b) => a - b), "a number came twice, or not in order");
});

test("a change that comes while a stream is being opened holds from its first frame on", async () => {
  const street = { source: project("samples", "street.mp4") };
  await using running = await runSession({ inference: { workers: 1 }, streams: { first: street } });
  await running.session.add("young", { ...street, detect: { conf: 0.25 } });
  await running.session.change("young", { ...street, detect: { conf: 1 } });
  await until(() => ["first", "young"].every((name) => running.recordsOf(name).length >= 10), "10 records of each");
  await running.stop();
  assert.deepEqual(running.recordsOf("young").filter(({ objects }) => objects.length > 0), []);
  assert.ok(running.recordsOf("first").some(({ objects }) => objects.length > 0), "nothing is seen in the clip: this test proves nothing");
});

test("with the last stream removed the session is over", async () => {
  await using running = await runSession({ model, inference: { workers: 1 }, streams: { one: camera() } });
  await running.moves("one", 1);
  await running.session.remove("one");
  assert.deepEqual((await running.session.done).map(({ stream, state }) => [stream, state]), [["one", "ended"]]);
});
