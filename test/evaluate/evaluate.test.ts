import assert from "node:assert/strict";
import { test } from "node:test";
import { evaluate, type Dataset } from "../../src/evaluate/index.js";
import type { Stills } from "../../src/stills/index.js";

const UNSEEN: Stills = { atOnce: 1, runtime: "onnxruntime/cpu/f32", see: () => assert.fail("a picture was looked at"), [Symbol.asyncDispose]: () => Promise.resolve() };

test("a ground truth without an object of the wanted classes is told before any picture is looked at", async () => {
  const dataset: Dataset = { kind: "yolo", path: "/data", classes: null, numbers: [2, 3], pictures: [{ path: "/data/1.jpg", truth: () => [] }] };
  const evaluation = evaluate(dataset, UNSEEN, { classes: { toModel: new Map([[0, 0]]), by: "number" }, signal: new AbortController().signal });
  await assert.rejects(evaluation, { code: "E_DATASET_EMPTY", message: "/data: no object to be found is in its 1 picture, of the classes that count (1)" });
});
