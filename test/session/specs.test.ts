import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { streamNames } from "../../src/session/names.js";
import type { StreamOptions } from "../../src/session/index.js";
import { changeOf, fixedDifferences, specOf, specsOf, type SpecChange } from "../../src/session/specs.js";
import { isLiveSpec } from "../../src/session/stream.js";
import { splitWorkers } from "../../src/session/split.js";
import { settings } from "../support/session.js";

const options = settings({ model: { path: "m.onnx", labels: "m.txt" }, detect: { conf: 0.3 }, live: { maxFps: 9 }, source: { loop: true } });
const spec = (stream: Partial<StreamOptions> = {}) => specOf("s", { source: "a.mp4", ...stream }, options);

test("a stream has the session's settings where it has none of its own", () => {
  const own = spec({ weight: 2, maxFps: null, maxAgeMs: 100, detect: { iou: 0.9 }, sourceOptions: { realtime: true } });
  assert.deepEqual(own.detect, { ...options.detect, conf: 0.3, iou: 0.9 });
  assert.deepEqual(own.live, { ...options.live, maxFps: null, maxAgeMs: 100 });
  assert.deepEqual(own.sourceOptions, { ...options.source, loop: true, realtime: true });
  assert.equal(spec().weight, 1);
  assert.equal(spec().live.maxFps, 9);
});

test("labels, family, task and size go with a model: those of the session's model are not put on another", () => {
  assert.deepEqual(spec().model, { ...options.model, path: "m.onnx", labels: "m.txt" });
  assert.deepEqual(spec({ model: { path: "n.onnx" } }).model, { labels: null, path: "n.onnx" });
  assert.deepEqual(spec({ model: { labels: "coco" } }).model, { ...options.model, path: "m.onnx", labels: "coco" });
});

test("what may change under a running source is told from what needs a new one", () => {
  const cases: readonly (readonly [Partial<StreamOptions>, SpecChange])[] = [
    [{}, "none"], [{ weight: 2 }, "adjust"], [{ maxFps: 3 }, "adjust"], [{ maxAgeMs: 3 }, "adjust"], [{ detect: { classes: ["car"] } }, "adjust"],
    [{ labels: { a: "b" } }, "adjust"], [{ source: "b.mp4" }, "restart"], [{ model: { labels: null } }, "restart"],
    [{ sourceOptions: { loop: false } }, "restart"], [{ weight: 2, source: "b.mp4" }, "restart"],
  ];
  for (const [change, kind] of cases) assert.equal(changeOf(spec(), spec(change)), kind, JSON.stringify(change));
  const [atDoor] = specsOf({ ...options, sources: ["a.mp4"] });
  assert.ok(atDoor?.atDoor);
  assert.equal(changeOf(atDoor, { ...atDoor, atDoor: false }), "none");
});

test("the same settings in another order of keys are the same", () => {
  assert.equal(changeOf(spec({ labels: { a: "1", b: "2" } }), spec({ labels: { b: "2", a: "1" } })), "none");
});

test("bare sources get names that no stream has, named streams keep theirs", () => {
  const all = specsOf(settings({ sources: ["x/gate.mp4", "y/gate.mp4", "test:numbered", "test:numbered?frames=5"], streams: { gate: { source: "z" } } }));
  assert.deepEqual(all.map(({ name, atDoor }) => [name, atDoor]), [["gate-2", true], ["gate-3", true], ["numbered", true], ["numbered-2", true], ["gate", false]]);
  assert.deepEqual(streamNames(["rtsp://me:pw@cam/one?token=x"]), ["one"]);
});

test("settings that count only at opening are named when they differ", () => {
  const before = settings({ serve: { port: 1 } });
  assert.deepEqual(fixedDifferences(before, before), []);
  assert.deepEqual(fixedDifferences(before, settings({ serve: { port: 2 }, inference: { workers: 3 }, live: { maxFps: 3 } })), ["inference.workers", "serve.port"]);
  assert.deepEqual(fixedDifferences(before, settings({})), ["serve"]);
});

test("addresses and devices are live, a file only when it is played as if it were", () => {
  for (const source of ["rtsp://cam/1", "http://cam/x.mjpg", "/dev/video0", "device:0", "webcam", "test:bars"]) assert.ok(isLiveSpec(spec({ source })), source);
  for (const source of ["clip.mp4", "C:/clip.mp4", "photos/*.jpg", "test:numbered", "webcam.mp4"]) assert.ok(!isLiveSpec(spec({ source })), source);
  assert.ok(isLiveSpec(spec({ sourceOptions: { realtime: true } })));
});

test("workers are divided by weight: each model has one at least, all are given out, and none is off by more than one", () => {
  const weights = fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 64 }), weights, (workers, each) => {
      const split = splitWorkers(workers, each);
      const total = each.reduce((sum, weight) => sum + weight, 0);
      assert.equal(split.reduce((sum, n) => sum + n, 0), Math.max(workers, each.length));
      assert.ok(split.every((n) => n >= 1));
      const heavy = each.every((weight) => (workers * weight) / total >= 1);
      if (heavy) for (const [i, n] of split.entries()) assert.ok(Math.abs(n - (workers * (each[i] ?? 0)) / total) <= 1, JSON.stringify({ workers, each, split }));
      const order = each.map((_, i) => i).sort((a, b) => (each[a] ?? 0) - (each[b] ?? 0));
      for (const [at, i] of order.entries()) if (at > 0) assert.ok((split[i] ?? 0) >= (split[order[at - 1] ?? 0] ?? 0) - 1, "a lighter model got more");
    }),
    { seed: 11, numRuns: 500 },
  );
  assert.deepEqual(splitWorkers(2, [1]), [2]);
  assert.deepEqual(splitWorkers(8, [3, 1]), [6, 2]);
  assert.deepEqual(splitWorkers(4, [100, 1, 1]), [2, 1, 1]);
  assert.deepEqual(splitWorkers(1, [1, 1]), [1, 1]);
  assert.deepEqual(splitWorkers(3, []), []);
});
