import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { constantModel } from "../support/models.js";
import { temporaryFolder } from "../support/pool.js";
import { runSession } from "../support/running.js";
import { settings } from "../support/session.js";
import { ffmpeg } from "../support/source.js";
import { until } from "../support/until.js";

const folder = temporaryFolder();
const clip = join(folder, "clip.mp4");
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=20:duration=2", "-c:v", "mpeg4", "-q:v", "5", clip);
const base = { model: { path: constantModel(0) }, inference: { workers: 1 } };
const camera = (more: Record<string, unknown> = {}) => ({ source: clip, sourceOptions: { realtime: true, loop: true }, ...more });

test("other settings change only the streams that differ; the same ones keep epoch and numbers", async () => {
  await using running = await runSession({ ...base, streams: { same: camera(), other: camera(), gone: camera() } });
  await Promise.all(["same", "other", "gone"].map((name) => running.moves(name, 2)));
  const next = { ...base, streams: { fresh: camera(), other: camera({ sourceOptions: { realtime: true, loop: true, decodeThreads: 1 } }), same: camera() } };
  await running.session.apply(settings(next));
  assert.deepEqual(running.session.stats().map(({ stream }) => stream).sort(), ["fresh", "other", "same"]);
  await Promise.all(["fresh", "other", "same"].map((name) => running.moves(name, 2)));
  assert.deepEqual(["fresh", "other", "same"].map((name) => running.recordsOf(name).at(-1)?.epoch), [1, 2, 1]);
  assert.deepEqual(running.notices.filter(({ level, message }) => level === "info" && !message.includes("(gate: none)")).map(({ message }) => message), ["settings read again: added fresh; changed other; removed gone"]);
  await running.session.apply(settings(next));
  assert.equal(running.notices.at(-1)?.message, "settings read again: every stream stays as it is");
});

test("all streams may be replaced at once without the session being over in between", async () => {
  await using running = await runSession({ ...base, streams: { old: camera() } });
  await running.moves("old", 1);
  await running.session.apply(settings({ ...base, streams: { young: camera() } }));
  await running.moves("young", 2);
});

test("what counts only at opening is told in one line and left as it is", async () => {
  await using running = await runSession({ ...base, streams: { one: camera() } });
  await running.moves("one", 1);
  const serve = { host: "127.0.0.1", port: 0 };
  await running.session.apply(settings({ ...base, inference: { workers: 3, frameTimeoutMs: 500 }, serve, log: { path: "x.jsonl" }, streams: { one: camera() } }));
  const told = running.notices.filter(({ level }) => level === "warn").map(({ message }) => message);
  assert.deepEqual(told, ["inference.workers, inference.frameTimeoutMs, log.path, serve can't change while the program runs: restart it for that"]);
  assert.equal(running.session.workers(), 1);
});

test("a change of the keys that streams inherit reaches those that have no word of their own", async () => {
  await using running = await runSession({ ...base, streams: { heir: camera(), own: camera({ maxFps: 1000 }) } });
  await Promise.all(["heir", "own"].map((name) => running.moves(name, 2)));
  await running.session.apply(settings({ ...base, live: { maxFps: 4 }, streams: { heir: camera(), own: camera({ maxFps: 1000 }) } }));
  await until(() => (running.of("heir")?.skipped.max_fps ?? 0) > 3, "heir to be thinned");
  assert.equal(running.of("own")?.skipped.max_fps, 0);
});

test("a stream that had failed is tried again, one that refuses its change is told and the others change all the same", async () => {
  const late = join(folder, "late.mp4");
  const streams = { patient: camera({ source: late }), stubborn: camera(), willing: camera() };
  await using running = await runSession({ ...base, streams });
  await until(() => running.of("patient")?.state === "failed", "patient to fail");
  copyFileSync(clip, late);
  const next = { ...streams, stubborn: camera({ detect: { classes: ["unicorn"] } }), willing: camera({ detect: { conf: 0.5 }, labels: { ok: "yes" } }) };
  await Promise.all(["stubborn", "willing"].map((name) => running.moves(name, 1)));
  await running.session.apply(settings({ ...base, streams: next }));
  await Promise.all(["patient", "stubborn", "willing"].map((name) => running.moves(name, 2)));
  const errors = running.notices.filter(({ level }) => level === "error").map(({ stream, code }) => [stream, code]);
  assert.deepEqual(errors, [["patient", "E_SOURCE_MISSING"], ["stubborn", "E_CONFIG"]]);
  assert.deepEqual(running.of("willing")?.labels, { ok: "yes" });
});
