import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { confusionOf, confusionSvg, curvesOf, curvesSvg, type JudgedPicture } from "../../src/accuracy/index.js";

const HERE = [0, 0, 10, 10];
const THERE = [100, 0, 110, 10];
const REGION = [50, 50, 90, 90];

/** Class 2 is seen as 5, one 2 is missed, one 7 is found where nothing is, one within a region, one is too faint. */
const PICTURE: JudgedPicture = {
  truth: [
    { classId: 2, box: HERE, ignore: false },
    { classId: 2, box: THERE, ignore: false },
    { classId: 2, box: [200, 0, 210, 10], ignore: false },
    { classId: 5, box: REGION, ignore: true },
  ],
  found: [
    { classId: 5, box: HERE, score: 0.9 },
    { classId: 5, box: [100, 0, 110, 9], score: 0.95 },
    { classId: 2, box: THERE, score: 0.3 },
    { classId: 7, box: [300, 300, 310, 310], score: 0.8 },
    { classId: 7, box: [60, 60, 70, 70], score: 0.8 },
    { classId: 2, box: [200, 0, 210, 10], score: 0.2 },
  ],
};

describe("confusionOf", () => {
  test("pairs those that overlap most, each once, and counts what is left over", () => {
    const { classIds, counts } = confusionOf([PICTURE]);
    assert.deepEqual(classIds, [2, 5, 7]);
    assert.deepEqual(counts, [
      [1, 1, 0, 1],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [0, 1, 1, 0],
    ]);
  });

  test("takes the right class of two boxes that are the same", () => {
    const twice = [{ classId: 5, box: HERE, score: 0.9 }, { classId: 2, box: HERE, score: 0.5 }];
    assert.deepEqual(confusionOf([{ truth: PICTURE.truth.slice(0, 1), found: twice }]).counts, [[1, 0, 0], [0, 0, 0], [0, 1, 0]]);
  });

  test("sums over pictures, and of nothing there is one empty cell", () => {
    assert.equal(confusionOf([PICTURE, PICTURE]).counts[0]?.[1], 2);
    assert.deepEqual(confusionOf([]), { scoreLeast: 0.25, iouLeast: 0.45, classIds: [], counts: [[0]] });
  });
});

describe("the drawings", () => {
  const labels = ["", "", "<b> & \"co\"", "", "", "five\u0007", "", "seven"];

  test("hold every count and every name, whatever the names are", () => {
    const svg = confusionSvg(confusionOf([PICTURE]), labels);
    assert.equal([...svg.matchAll(/<rect x="\d+" y="\d+" width="64"/g)].length, 4 * 4);
    assert.ok(svg.includes("&lt;b&gt; &amp; &quot;co&quot;"));
    assert.ok(svg.includes(">five <") && !svg.includes("\u0007"));
  });

  test("have a line for each class and one for their mean", () => {
    const truth = [...PICTURE.truth, { classId: 7, box: HERE, ignore: false }];
    const curves = curvesOf([{ ...PICTURE, truth }]);
    assert.deepEqual(curves.map(({ classId }) => classId), [2, 7]);
    assert.equal([...curvesSvg(curves, labels).matchAll(/<polyline/g)].length, 3);
    const [two] = curves;
    // Of class 2 the first (0.3) is right and the second (0.2) too; the third object is missed: F1 is best after both, 4 / 5.
    assert.deepEqual(two?.best, { score: 0.2, precision: 1, recall: 2 / 3, f1: 0.8 });
  });
});
