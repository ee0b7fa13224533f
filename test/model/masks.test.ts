import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { eachStretch, unpackRuns } from "../../src/core/mask.js";
import { outlinesOf } from "../../src/model/decode/outlines.js";
import { letterboxFor, makeDecoder, PLAIN_HEAD, type ModelInfo } from "../../src/model/index.js";

/** Runs of rows as a person draws them: `.` nothing, `#` mask. */
function drawn(...rows: string[]): { runs: Uint32Array; heightPx: number } {
  const runs: number[] = [0];
  let last = ".";
  for (let x = 0; x < rows[0]!.length; x += 1) {
    for (const row of rows) {
      if (row[x] !== last) {
        runs.push(0);
        last = row[x]!;
      }
      runs[runs.length - 1]! += 1;
    }
  }
  return { runs: Uint32Array.from(runs), heightPx: rows.length };
}

const outlines = (...rows: string[]): number[][] => {
  const { runs, heightPx } = drawn(...rows);
  return outlinesOf(runs, heightPx).map((ring) => [...ring]);
};

/** Twice the area inside a ring; above 0 when it goes clockwise as the picture is seen. */
function twiceArea(ring: readonly number[]): number {
  return ring.reduce((sum, _, i) => (i % 2 === 1 ? sum : sum + ring[i]! * ring[(i + 3) % ring.length]! - ring[(i + 2) % ring.length]! * ring[i + 1]!), 0);
}

test("an outline goes through the middles of the edges, and a straight line has two points", () => {
  assert.deepEqual(outlines("...", ".#.", "..."), [[1, 1.5, 1.5, 1, 2, 1.5, 1.5, 2]]);
  const [square] = outlines("......", ".####.", ".####.", ".####.", ".####.", "......");
  assert.equal(square?.length, 16);
  assert.equal(twiceArea(square ?? []), 2 * (16 - 4 / 8));
  assert.deepEqual(outlines("....", "...."), []);
});

test("parts come largest first, pixels that touch at a corner belong together, holes are left out", () => {
  assert.equal(outlines("#..#", ".#..", "...#").length, 3);
  const rings = outlines("###...", "#.#.##", "###.##");
  assert.deepEqual(rings.map((ring) => Math.round(twiceArea(ring) / 2)), [9, 4]);
  assert.ok(rings.every((ring) => twiceArea(ring) > 0));
});

test("of any mask the outlines hold what it holds, less a corner's eighth here and there", () => {
  const property = fc.property(fc.array(fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }), { minLength: 7, maxLength: 7 }), (rows) => {
    const { runs, heightPx } = drawn(...rows.map((row) => row.map((isMask) => (isMask ? "#" : ".")).join("")));
    const rings = outlinesOf(runs, heightPx);
    for (const ring of rings) assert.ok(ring.length >= 8 && twiceArea([...ring]) > 0);
    // Each pixel's middle lies in a ring (even-odd, all rings alone); what lies in one beyond them is a hole.
    eachStretch(runs, heightPx, (x, fromY, toY) => {
      for (let y = fromY; y < toY; y += 1) assert.ok(rings.some((ring) => contains(ring, x + 0.5, y + 0.5)), `${x},${y}`);
    });
  });
  fc.assert(property, { seed: 12, numRuns: 300 });
});

function contains(ring: Float32Array, x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
    const [ax, ay, bx, by] = [ring[i]!, ring[i + 1]!, ring[j]!, ring[j + 1]!];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
  }
  return inside;
}

test("a mask is the prototypes' part inside the box, at the picture's size, in the form that is asked for", () => {
  const rule = { placement: "centre", rounding: "half-even", padValue: 114 } as const;
  const model: ModelInfo = {
    id: "m@0", sha256: "", path: "", family: "yolov8", task: "segment", head: { ...PLAIN_HEAD, maskCoefficients: 1 }, inputName: "x", inputType: "float32", sizeInput: null,
    outputNames: ["a", "b"], inputWidthPx: 32, inputHeightPx: 32, labels: ["thing"], labelsFrom: "numbers", letterbox: rule, channels: "rgb", scale: 1 / 255,
  };
  // One prototype, 8 x 8: positive in its left half. The picture is 64 x 64, the box 10..54 both ways.
  const prototype = Float32Array.from({ length: 64 }, (_, i) => (i % 8 < 4 ? 1 : -1));
  const data = new Float32Array(6 * 21);
  [16, 16, 22, 22, 0.9, 1].forEach((value, row) => (data[row * 21] = value));
  const decode = (masks: "rle" | "polygon" | "both" | "none", change: { readonly prototype?: Float32Array; readonly data?: Float32Array } = {}) =>
    makeDecoder(model, { conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 10, masks }).decode(
      [{ data: change.data ?? data, dims: [1, 6, 21] }, { data: change.prototype ?? prototype, dims: [1, 1, 8, 8] }],
      letterboxFor(rule, 32, 32, 64, 64),
    );
  const both = decode("both");
  const runs = unpackRuns(both.masks?.[0] ?? "", 64 * 64) ?? new Uint32Array();
  const columns = new Map<number, string>();
  eachStretch(runs, 64, (x, fromY, toY) => columns.set(x, `${fromY}-${toY}`));
  // Half-way between the last prototype above 0 and the first below is exactly 32.
  assert.deepEqual([...columns.keys()], Array.from({ length: 22 }, (_, i) => 10 + i));
  assert.ok([...columns.values()].every((rows) => rows === "10-54"));
  assert.equal(both.polygons?.[0]?.length, 1);
  assert.deepEqual([Object.keys(decode("rle")).includes("polygons"), Object.keys(decode("polygon")).includes("masks"), decode("none").masks], [false, false, undefined]);

  // What is no number ends it where the object is, and is nobody's elsewhere.
  for (const bad of [NaN, Infinity, -Infinity]) {
    const broken = (at: number) => ({ prototype: prototype.map((value, i) => (i === at ? bad : value)) });
    assert.throws(() => decode("none", broken(27)), { code: "E_MODEL_OUTPUT", message: /mask prototypes hold numbers that are NaN/ });
    assert.equal(decode("rle", { ...broken(0), data: data.map((value, i) => (i === 2 * 21 || i === 3 * 21 ? 8 : value)) }).count, 1);
    assert.throws(() => decode("rle", { data: data.map((value, i) => (i === 5 * 21 ? bad : value)) }), { code: "E_MODEL_OUTPUT", message: `the output holds a mask coefficient of ${bad}` });
  }
});
