import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_TABLE, PipelineError } from "../../src/core/errors.js";
import { FAMILIES, TASKS } from "../../src/model/index.js";
import { chance } from "../rig/chance.js";
import { fuzzTest, pick, type Random } from "./fuzz.js";
import { describe, type Dims } from "./shapes.js";

const SEED = 20_261_130;

fuzzTest(10_000, SEED);

const WORDS = ["detect", "segment", "pose", "[17, 3]", "{0: 'a'}", "{0: 'a', 1: 'b'}", "{", "'", "{0:", "True", "None", "[640, 640]", "{'nms': True}", "\u0000", "((((", "[1e999]", "{1: {2: {3: []}}}", "-1", "99999999999999999999", "RT-DETR"];
const KEYS = ["task", "names", "kpt_shape", "imgsz", "args", "end2end", "description", "head", "stride"];
const SIDES = [1, 2, 4, 5, 6, 7, 20, 38, 56, 57, 84, 85, 189, 300, 567, 1000, 8400, 25_200, "batch", "?"];

function anyDims(random: Random): Dims {
  return [pick(random, [1, 1, 1, "batch", 2]), ...Array.from({ length: Math.floor(random() * 4) }, () => pick(random, SIDES))];
}

test("10000 headers with any shapes, and metadata that is no Python literal: read, or refused by a code of the table", () => {
  const random = chance(SEED + 1);
  let read = 0;
  for (let i = 0; i < 10_000; i += 1) {
    const metadata = Object.fromEntries(KEYS.filter(() => random() < 0.3).map((key) => [key, pick(random, WORDS)]));
    const outputs = Array.from({ length: 1 + Math.floor(random() * 3) }, () => anyDims(random));
    const input: Dims = [1, 3, pick(random, [32, 96, 640, "h"]), pick(random, [32, 96, 640, "w"])];
    const family = random() < 0.2 ? pick(random, FAMILIES) : null;
    const task = random() < 0.2 ? pick(random, TASKS) : null;
    try {
      const { info } = describe({ input, outputs, metadata }, { asked: { family, task, labels: null, imgsz: null } });
      assert.ok(info.outputNames.length > 0 && (family ?? info.family) === info.family);
      read += 1;
    } catch (error) {
      assert.ok(error instanceof PipelineError && error.code in ERROR_TABLE, `${JSON.stringify({ input, outputs, metadata })}: ${String(error)}`);
    }
  }
  assert.ok(read > 100, `${read} could be read`);
});
