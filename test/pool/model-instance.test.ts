import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { MessageChannel, Worker } from "node:worker_threads";
import { accuracyOf } from "../../src/accuracy/index.js";
import { decodeStill, encodePng, type RawPicture } from "../../src/picture/index.js";
import { locked, ModelInstance, type Detections } from "../../src/pool/index.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { runToEnd, settings } from "../support/session.js";

const STREET = project("samples", "thread-safety", "street.jpg");
const jpeg = readFileSync(STREET);

interface Truth {
  readonly objects: readonly { readonly classId: number; readonly box: [number, number, number, number]; readonly ignore: boolean }[];
}
/** What the first frame of the street clip, of which the picture was made, really holds. */
const truth = JSON.parse(readFileSync(project("samples", "street.truth.jsonl"), "utf8").split("\n", 1)[0]!) as Truth;

const boxOf = ({ boxes }: Detections, i: number): number[] => Array.from(boxes.subarray(i * 4, i * 4 + 4));
const asObjects = (found: Detections) =>
  Array.from(found.scores, (score, i) => ({ classId: found.classIds[i]!, score, box: boxOf(found, i) as [number, number, number, number] }));

/** Twice as wide and high, each pixel four times. */
function doubled({ data, widthPx, heightPx, channels }: RawPicture): RawPicture {
  const big = new Uint8Array(4 * data.length);
  for (let y = 0; y < 2 * heightPx; y += 1)
    for (let x = 0; x < 2 * widthPx; x += 1)
      for (let c = 0; c < channels; c += 1) big[(y * 2 * widthPx + x) * channels + c] = data[((y >> 1) * widthPx + (x >> 1)) * channels + c]!;
  return { data: big, widthPx: 2 * widthPx, heightPx: 2 * heightPx, channels };
}

describe("a model instance", () => {
  let instance: ModelInstance;
  let pixels: RawPicture;
  before(async () => {
    instance = await ModelInstance.open();
    pixels = await decodeStill(jpeg);
  });
  after(() => instance[Symbol.asyncDispose]());

  test("finds in a picture what is there, with labels, in the picture's own pixels", async () => {
    const found = await instance.detect(STREET);
    assert.deepEqual([found.widthPx, found.heightPx], [640, 360]);
    assert.deepEqual(found.labels, Array.from(found.classIds, (id) => instance.model.labels[id]));
    const { mean: { ap50: map50 } } = accuracyOf([{ truth: truth.objects, found: asObjects(found) }]);
    assert.ok(map50 > 0.7, `mAP50 ${map50}`);
  });

  test("finds the same in a file, its bytes, a PNG, RGB and RGBA pixels", async () => {
    const rgba = new Uint8Array(4 * pixels.widthPx * pixels.heightPx).fill(255);
    for (let i = 0; i < pixels.data.length / 3; i += 1) rgba.set(pixels.data.subarray(3 * i, 3 * i + 3), 4 * i);
    const first = await instance.detect(STREET);
    assert.ok(first.count > 3);
    // A file is shrunk while it is decoded, if at all, so all are of the same pixels here.
    for (const picture of [new Uint8Array(jpeg), await encodePng(pixels), pixels, { ...pixels, data: rgba, channels: 4 as const }]) {
      const { timesMs: _, ...found } = await instance.detect(picture);
      const { timesMs: __, ...expected } = first;
      assert.deepEqual(found, expected);
    }
  });

  test("finds the same as the pipeline does in the same picture", async () => {
    const file = join(temporaryFolder(), "one.png");
    writeFileSync(file, await encodePng(pixels));
    const { records } = await runToEnd(settings({ sources: [file], inference: { workers: 1 } }));
    const rounded = (box: readonly number[]): number[] => box.map((value) => Math.round(value * 10) / 10);
    const found = asObjects(await instance.detect(file));
    assert.deepEqual(records[0]?.objects.map(({ classId, box }) => [classId, rounded(box)]), found.map(({ classId, box }) => [classId, rounded(box)]));
  });

  test("answers in pixels of a picture twice as large with boxes twice as large", async () => {
    const [small, large] = [await instance.detect(pixels, { conf: 0.6 }), await instance.detect(doubled(pixels), { conf: 0.6 })];
    assert.equal(large.count, small.count);
    const others = asObjects(large);
    for (const one of asObjects(small)) {
      const twice = others.find(({ box }) => box.every((value, side) => Math.abs(value - 2 * one.box[side]!) < 6));
      assert.equal(twice?.classId, one.classId, `nothing at twice ${one.box.join()}`);
    }
  });

  test("sees only what a call asks for", async () => {
    const cars = await instance.detect(STREET, { classes: ["car"], maxDetections: 2 });
    assert.deepEqual(cars.labels, ["car", "car"]);
    await assert.rejects(instance.detect(STREET, { classes: ["cat"] }), { code: "E_CONFIG" });
  });

  test("refuses a second call while one runs, and what is no picture", async () => {
    const [first, second] = await Promise.allSettled([instance.detect(STREET), instance.detect(STREET)]);
    assert.equal(first.status, "fulfilled");
    assert.equal(second.status === "rejected" && (second.reason as { code: string }).code, "E_INSTANCE_BUSY");
    await assert.rejects(instance.detect("nowhere.jpg"), { code: "E_PICTURE", message: /nowhere\.jpg/ });
    await assert.rejects(instance.detect(new Uint8Array(50)), { code: "E_PICTURE" });
    await assert.rejects(instance.detect({ ...pixels, widthPx: 641 }), { code: "E_PICTURE", message: /641 x 360/ });
    assert.ok((await instance.detect(STREET)).count > 0);
  });

  test("behind a lock serves all who call at once", async () => {
    const shared = locked(instance, { maxWaiting: 3 });
    const answers = await Promise.all([1, 2, 3, 4].map(() => shared.detect(STREET, { timeoutMs: 60_000 })));
    assert.equal(new Set(answers.map(({ count }) => count)).size, 1);
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => shared.detect(STREET)));
    assert.deepEqual(results.map((one) => (one.status === "rejected" ? (one.reason as { code: string }).code : "done")), ["done", "done", "done", "done", "E_INSTANCE_FULL"]);
    assert.equal(shared.waiting, 0);
  });

  test("can't cross to another thread in any way", () => {
    const { port1 } = new MessageChannel();
    const crossings: [string, () => unknown][] = [
      ["structuredClone", () => structuredClone(instance)],
      ["postMessage", () => port1.postMessage({ deep: [instance] })],
      ["workerData", () => new Worker("", { eval: true, workerData: instance })],
      ["locked", () => port1.postMessage(locked(instance))],
    ];
    for (const [name, cross] of crossings) assert.throws(cross, { name: "DataCloneError" }, name);
    port1.close();
  });
});

test("closing in mid-run lets the run finish; a call afterwards is refused", async () => {
  const instance = await ModelInstance.open({ classes: ["car"] });
  const running = instance.detect(STREET);
  const closing = instance[Symbol.asyncDispose]();
  await assert.rejects(instance.detect(STREET), { code: "E_INSTANCE_CLOSED" });
  assert.ok((await running).labels.every((label) => label === "car"));
  await closing;
  await assert.rejects(instance.detect(STREET), { code: "E_INSTANCE_CLOSED" });
});

test("what can't be opened says why", async () => {
  await assert.rejects(ModelInstance.open({ model: "nowhere.onnx" }), { code: "E_MODEL_MISSING" });
  await assert.rejects(ModelInstance.open({ classes: ["cat"] }), { code: "E_CONFIG" });
});
