import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ModelInstance, openSource } from "../../src/index.js";
import { decodeStill, encodePng } from "../../src/picture/index.js";
import { NUMBERED_SIZE_PX, numberedModel } from "../../src/numbered/index.js";
import { until } from "../support/until.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

test("a video's frames come one after another, each with its number, time and size, and an instance takes them as they are", async () => {
  await using instance = await ModelInstance.open();
  await using source = await openSource(project("samples", "street.mp4"), { fit: instance.model, name: "street" });
  assert.equal(source.live, false);
  let previousMs = -1;
  let next = 0;
  for await (const { stream, frame, ptsMs, widthPx, heightPx, ...pixels } of source) {
    assert.deepEqual([stream, frame, widthPx, heightPx], ["street", next, 640, 360]);
    assert.ok(ptsMs !== null && ptsMs > previousMs);
    previousMs = ptsMs;
    if (frame % 8 === 0) assert.ok((await instance.detect(pixels)).labels.length > 0, `nothing in frame ${frame}`);
    if ((next += 1) === 20) break;
  }
  assert.equal(next, 20);
});

test("every frame of a lossless source is there with its own pixels, however slow the loop", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "numbered.onnx");
  writeFileSync(path, numberedModel());
  await using instance = await ModelInstance.open({ model: path });
  await using source = await openSource("test:numbered?frames=40", { fit: instance.model });
  const read: number[] = [];
  for await (const frame of source) {
    const copy = Uint8Array.from(frame.planes);
    for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(Uint8Array.from(frame.planes), copy, "the pixels changed while the loop had them");
    read.push(frame.frame);
    assert.equal(frame.letterbox.inputWidthPx, NUMBERED_SIZE_PX);
  }
  assert.deepEqual(read, Array.from({ length: 40 }, (_, i) => i));
  assert.deepEqual(source.skipped, {});
});

test("a frame's RGB is the picture without its padding", async () => {
  const file = join(temporaryFolder(), "one.png");
  const data = new Uint8Array(3 * 40 * 20);
  for (let i = 0; i < data.length; i += 3) data.set([200, 100, 50], i);
  writeFileSync(file, await encodePng({ data, widthPx: 40, heightPx: 20, channels: 3 }));
  await using source = await openSource(file, { fit: { widthPx: 80, heightPx: 80 } });
  for await (const frame of source) {
    const rgb = frame.toRgb();
    assert.deepEqual([frame.widthPx, frame.heightPx, rgb.widthPx, rgb.heightPx, frame.rows.topPx], [40, 20, 80, 40, 20]);
    assert.deepEqual(new Set(Array.from({ length: rgb.data.length / 3 }, (_, i) => rgb.data.subarray(3 * i, 3 * i + 3).join())), new Set(["200,100,50"]));
    const again = await decodeStill(await encodePng({ ...rgb, channels: 3 }));
    assert.equal(again.widthPx, 80);
  }
});

test("a loop that is slower than a live source gets the newest frame, and what it lost is counted", async () => {
  await using source = await openSource("test:bars", { fit: { widthPx: 64, heightPx: 64 } });
  assert.equal(source.live, true);
  const lost = (): number => Object.values(source.skipped).reduce((sum, n) => sum + n, 0);
  const frames: number[] = [];
  for await (const { frame } of source) {
    frames.push(frame);
    if (frames.length === 3) break;
    const before = lost();
    await until(() => lost() > before + 2, "frames that go by");
  }
  // Each frame up to the last one was either seen or counted.
  assert.ok(frames[2]! + 1 <= frames.length + lost(), `${frames.join()} with ${lost()} lost`);
  assert.ok(frames[2]! > 4);
});

test("aborting ends the loop, and a bad address says why", async () => {
  const stop = new AbortController();
  const source = await openSource("test:bars", { fit: { widthPx: 64, heightPx: 64 }, signal: stop.signal });
  let seen = 0;
  for await (const _ of source) if ((seen += 1) === 2) stop.abort();
  assert.equal(seen, 2);
  await assert.rejects(openSource("nowhere.mp4", { fit: { widthPx: 64, heightPx: 64 } }), { code: "E_SOURCE_MISSING" });
});
