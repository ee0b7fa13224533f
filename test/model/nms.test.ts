import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { makeCandidates, MAX_CANDIDATES } from "../../src/model/decode/candidates.js";
import { iouAt, measure } from "../../src/model/decode/iou.js";
import { makeNms, type NmsOptions } from "../../src/model/decode/nms.js";

type Box = readonly [number, number, number, number];

function iou(a: Box, b: Box, edgePx = 0): number {
  const measured = [a, b].map((box) => Float32Array.of(...box, 0));
  for (const box of measured) measure(box, edgePx);
  // Behind a box of canaries, so that the place among others counts.
  const among = Float32Array.of(NaN, NaN, NaN, NaN, NaN, ...measured[0]!);
  return iouAt(among, 5, measured[1]!, edgePx);
}

const options: NmsOptions = { iou: 0.5, agnostic: false, maxDetections: 300, edgePx: 0, classOffsetPx: 7680 };

/** Indexes that survive, of boxes given best first. */
function survivors(boxes: readonly { box: Box; classId: number }[], changes: Partial<NmsOptions> = {}): number[] {
  const nms = makeNms({ ...options, ...changes });
  nms.clear();
  for (const [i, { box, classId }] of boxes.entries()) nms.offer(Float32Array.from(box), 1 - i / 1000, classId, i);
  const { anchors, count } = nms.kept();
  return [...anchors.subarray(0, count)];
}

test("IoU is that of areas on paper", () => {
  assert.equal(iou([0, 0, 10, 10], [0, 0, 10, 10]), 1);
  assert.equal(iou([0, 0, 10, 10], [5, 0, 15, 10]), Math.fround(50 / 150));
  assert.equal(iou([0, 0, 10, 10], [10, 0, 20, 10]), 0);
  assert.equal(iou([0, 0, 10, 10], [11, 11, 20, 20]), 0);
  // Corners as whole pixels: 11 x 11 each, one column of 11 shared.
  assert.equal(iou([0, 0, 10, 10], [10, 0, 20, 10], 1), Math.fround(11 / (121 + 121 - 11)));
});

test("a box at exactly the threshold is kept, one above is dropped", () => {
  const half: Box = [0, 0, 10, 5];
  const more: Box = [0, 0, 10, 5.01];
  assert.deepEqual(
    survivors([
      { box: [0, 0, 10, 10], classId: 0 },
      { box: half, classId: 0 },
    ]),
    [0, 1],
  );
  assert.deepEqual(
    survivors([
      { box: [0, 0, 10, 10], classId: 0 },
      { box: more, classId: 0 },
    ]),
    [0],
  );
});

test("classes suppress each other only when agnostic, and only boxes that were kept suppress", () => {
  const box: Box = [0, 0, 10, 10];
  const two = [
    { box, classId: 0 },
    { box, classId: 1 },
  ];
  assert.deepEqual(survivors(two), [0, 1]);
  assert.deepEqual(survivors(two, { agnostic: true }), [0]);
  // The second is dropped by the first; the third overlaps only the second and stays.
  const chain = [0, 4, 8].map((x): { box: Box; classId: number } => ({ box: [x, 0, x + 10, 10], classId: 0 }));
  assert.deepEqual(survivors(chain, { iou: 0.4 }), [0, 2]);
});

test("no more than maxDetections are kept, and the suppressor says when it is full", () => {
  const nms = makeNms({ ...options, maxDetections: 2 });
  const offer = (x: number) => nms.offer(Float32Array.of(x, 0, x + 1, 1), 0.5, 0, x);
  assert.deepEqual([offer(0), offer(10), offer(20)], [true, false, false]);
  assert.equal(nms.kept().count, 2);
});

test("it keeps exactly what the textbook loop keeps", () => {
  const at = fc.integer({ min: 0, max: 40 });
  const length = fc.integer({ min: 1, max: 30 });
  const item = fc.record({ x: at, y: at, w: length, h: length, classId: fc.integer({ min: 0, max: 2 }) });
  const property = fc.property(
    fc.array(item, { maxLength: 40 }),
    fc.boolean(),
    fc.constantFrom(0.2, 0.45, 0.7),
    (items, agnostic, limit) => {
      const boxes = items.map(({ x, y, w, h, classId }) => ({ box: [x, y, x + w, y + h] as const, classId }));
      assert.deepEqual(survivors(boxes, { agnostic, iou: limit }), textbook(boxes, agnostic, limit));
    },
  );
  fc.assert(property, { seed: 5, numRuns: 400 });
});

/** Greedy NMS as written in textbooks: strike out, from the best on, all that overlap it. */
function textbook(boxes: readonly { box: Box; classId: number }[], agnostic: boolean, limit: number): number[] {
  const struck = boxes.map(() => false);
  boxes.forEach((best, i) => {
    for (let j = i + 1; j < boxes.length; j += 1) {
      const other = boxes[j]!;
      if (struck[i] || (!agnostic && other.classId !== best.classId)) continue;
      const width = Math.max(0, Math.min(best.box[2], other.box[2]) - Math.max(best.box[0], other.box[0]));
      const height = Math.max(0, Math.min(best.box[3], other.box[3]) - Math.max(best.box[1], other.box[1]));
      const area = ({ box }: { box: Box }) => (box[2] - box[0]) * (box[3] - box[1]);
      const both = width * height;
      if (both / (area(best) + area(other) - both) > limit) struck[j] = true;
    }
  });
  return [...boxes.keys()].filter((i) => !struck[i]);
}

/** Anchors in ranked order. */
function ranked(scores: readonly number[], threshold = 0): number[] {
  const candidates = makeCandidates();
  candidates.clear(threshold, scores.length);
  scores.forEach((score, anchor) => candidates.add(score, anchor, 0));
  return Array.from({ length: candidates.rank() }, (_, rank) => candidates.anchors[candidates.at(rank)]!);
}

test("candidates are ranked by score, equal ones in the order in which they came", () => {
  assert.deepEqual(ranked([0.5, 0.9, 0.5, 1, 0.5]), [3, 1, 0, 2, 4]);
  assert.deepEqual(ranked([0.25, 0.2500001, 0.1], 0.25), [1]);
  assert.deepEqual(ranked([]), []);
});

test("of more candidates than are allowed the best stay, ties by the earlier", () => {
  const count = 70_000;
  // A few thousand distinct scores in a mixed order, so that ties lie across the cut.
  const scores = Array.from({ length: count }, (_, i) => Math.fround((((i * 7919) % 4001) + 1) / 4002));
  const expected = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b).slice(0, MAX_CANDIDATES);
  assert.deepEqual(ranked(scores), expected);
});
