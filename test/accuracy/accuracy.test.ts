import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import {
  accuracyOf,
  averagePrecision,
  curvesOf,
  type Figures,
  type FoundObject,
  type JudgedPicture,
  type TrueObject,
} from "../../src/accuracy/index.js";
import { project } from "../support/paths.js";
import { COCO_SAYS, PICTURES } from "./fixture.js";

function truth(classId: number, box: readonly number[], ignore = false): TrueObject {
  return { classId, box, ignore };
}

function found(classId: number, box: readonly number[], score: number): FoundObject {
  return { classId, box, score };
}

function close(actual: number | undefined, expected: number): void {
  assert.ok(actual !== undefined && Math.abs(actual - expected) < 1e-12, `${String(actual)}, expected ${expected}`);
}

const SQUARE = [10, 10, 30, 30];
const ELSEWHERE = [100, 100, 130, 130];

describe("accuracyOf against pycocotools", () => {
  const pictures: JudgedPicture[] = PICTURES.map((picture) => ({
    truth: picture.truth.map(([classId = 0, ...rest]) => truth(classId, rest.slice(0, 4), rest[4] === 1)),
    found: picture.found.map(([classId = 0, ...rest]) => found(classId, rest.slice(0, 4), rest[4] ?? 0)),
  }));
  const accuracy = accuracyOf(pictures);

  test("the means over 24 random pictures with ignored regions agree", () => {
    close(accuracy.mean.ap50, COCO_SAYS.map50);
    close(accuracy.mean.ap50to95, COCO_SAYS.map50to95);
  });

  test("each class agrees", () => {
    assert.equal(accuracy.classes.length, COCO_SAYS.classes.length);
    COCO_SAYS.classes.forEach(([ap50 = NaN, ap50to95 = NaN], i) => {
      close(accuracy.classes[i]?.ap50, ap50);
      close(accuracy.classes[i]?.ap50to95, ap50to95);
    });
  });
});

/** COCO's files, and what COCOeval says of them; null where it has nothing to say. */
interface CocoFixture {
  readonly data: {
    readonly images: readonly { readonly id: number }[];
    readonly annotations: readonly { readonly image_id: number; readonly category_id: number; readonly bbox: Xywh; readonly area: number; readonly iscrowd: number }[];
  };
  readonly results: readonly { readonly image_id: number; readonly category_id: number; readonly bbox: Xywh; readonly score: number }[];
  readonly says: {
    readonly mean: Record<keyof Figures, number | null>;
    readonly classes: Readonly<Record<string, Record<keyof Figures, number | null>>>;
    readonly precision: Readonly<Record<string, readonly number[]>>;
    readonly scores: Readonly<Record<string, readonly number[]>>;
  };
}
type Xywh = readonly [number, number, number, number];

const corners = ([x, y, width, height]: Xywh): number[] => [x, y, x + width, y + height];

describe("accuracyOf against pycocotools on COCO's own form", () => {
  const { data, results, says } = JSON.parse(readFileSync(project("test", "accuracy", "fixture.json"), "utf8")) as CocoFixture;
  const ids = data.images.map(({ id }) => id).sort((a, b) => a - b);
  const pictures: JudgedPicture[] = ids.map((id) => ({
    truth: data.annotations.filter((one) => one.image_id === id).map((one) => ({ classId: one.category_id, box: corners(one.bbox), ignore: one.iscrowd === 1, areaPx: one.area })),
    found: results.filter((one) => one.image_id === id).map((one) => ({ classId: one.category_id, box: corners(one.bbox), score: one.score, areaPx: one.bbox[2] * one.bbox[3] })),
  }));
  const accuracy = accuracyOf(pictures);

  test("all twelve figures agree", () => assertFigures(accuracy.mean, says.mean));

  test("all figures of each class agree, and classes that are never there have none", () => {
    const withObjects = Object.entries(says.classes).filter(([, { ap50 }]) => ap50 !== null);
    assert.ok(withObjects.length > 0 && withObjects.length < Object.keys(says.classes).length);
    assert.deepEqual(accuracy.classes.map(({ classId }) => String(classId)), withObjects.map(([id]) => id));
    for (const one of accuracy.classes) assertFigures(one, says.classes[one.classId]!);
  });

  test("the curves agree at every recall, precision and score", () => {
    const curves = curvesOf(pictures);
    assert.equal(curves.length, accuracy.classes.length);
    for (const { classId, precision, score } of curves) {
      says.precision[classId]!.forEach((value, i) => close(precision[i], value));
      // COCOeval has 0 where a recall is not reached.
      says.scores[classId]!.forEach((value, i) => close(Number.isNaN(score[i]) ? 0 : score[i], value));
    }
  });
});

/** Far below the 1e-6 that is promised. */
const COCO_WITHIN = 1e-9;

function assertFigures(ours: Figures, theirs: Readonly<Record<keyof Figures, number | null>>): void {
  for (const [name, expected] of Object.entries(theirs) as [keyof Figures, number | null][]) {
    if (expected === null) assert.ok(Number.isNaN(ours[name]), `${name} ${ours[name]}, expected nothing`);
    else assert.ok(Math.abs(ours[name] - expected) < COCO_WITHIN, `${name} ${ours[name]}, expected ${expected}`);
  }
}

describe("accuracyOf by hand", () => {
  test("finding every object exactly and nothing else is 1", () => {
    const accuracy = accuracyOf([{ truth: [truth(2, SQUARE)], found: [found(2, SQUARE, 0.1)] }]);
    const all = { ap50to95: 1, ap50: 1, ap75: 1, apSmall: 1, apMedium: NaN, apLarge: NaN, ar1: 1, ar10: 1, ar100: 1, arSmall: 1, arMedium: NaN, arLarge: NaN };
    assert.deepEqual(accuracy, { mean: all, classes: [{ classId: 2, objectCount: 1, ...all }] });
  });

  test("a box of IoU 0.6 counts at the thresholds 0.50, 0.55 and 0.60 only", () => {
    const accuracy = accuracyOf([{ truth: [truth(0, [0, 0, 10, 10])], found: [found(0, [0, 0, 10, 6], 0.9)] }]);
    assert.equal(accuracy.mean.ap50, 1);
    close(accuracy.mean.ap50to95, 0.3);
  });

  test("a surer false box halves the precision at every recall", () => {
    const picture = { truth: [truth(0, SQUARE)], found: [found(0, ELSEWHERE, 0.9), found(0, SQUARE, 0.8)] };
    assert.equal(accuracyOf([picture]).mean.ap50, 0.5);
  });

  test("a less sure false box after the last object costs nothing", () => {
    const picture = { truth: [truth(0, SQUARE)], found: [found(0, SQUARE, 0.9), found(0, ELSEWHERE, 0.8)] };
    assert.equal(accuracyOf([picture]).mean.ap50, 1);
  });

  test("a second box on the same object is a false one", () => {
    const pictures = [
      { truth: [truth(0, SQUARE)], found: [found(0, SQUARE, 0.9), found(0, SQUARE, 0.8)] },
      { truth: [truth(0, SQUARE)], found: [found(0, SQUARE, 0.7)] },
    ];
    // Precision 1 up to recall 0.5 (51 readings), then 2/3 (50 readings).
    close(accuracyOf(pictures).mean.ap50, (51 + 50 * (2 / 3)) / 101);
  });

  test("the right box under the wrong class is a miss and a false box", () => {
    const picture = { truth: [truth(0, SQUARE), truth(1, ELSEWHERE)], found: [found(1, SQUARE, 0.9)] };
    assert.equal(accuracyOf([picture]).mean.ap50, 0);
  });

  test("boxes inside an ignored region count neither for nor against, however many", () => {
    const region = truth(0, [90, 90, 150, 150], true);
    const inside = [found(0, [95, 95, 105, 105], 0.9), found(0, [100, 100, 120, 140], 0.95)];
    const accuracy = accuracyOf([{ truth: [region, truth(0, SQUARE)], found: [...inside, found(0, SQUARE, 0.2)] }]);
    assert.deepEqual(accuracy.classes.map(({ classId, objectCount, ap50, ap50to95 }) => [classId, objectCount, ap50, ap50to95]), [[0, 1, 1, 1]]);
  });

  test("an ignored region of another class excuses nothing", () => {
    const region = truth(1, ELSEWHERE, true);
    const picture = { truth: [region, truth(0, SQUARE)], found: [found(0, ELSEWHERE, 0.9), found(0, SQUARE, 0.8)] };
    assert.equal(accuracyOf([picture]).mean.ap50, 0.5);
  });

  test("an object is preferred to an ignored region that overlaps more", () => {
    const region = truth(0, [0, 0, 100, 100], true);
    const picture = { truth: [region, truth(0, SQUARE)], found: [found(0, [10, 10, 30, 26], 0.9)] };
    assert.equal(accuracyOf([picture]).mean.ap50, 1);
  });

  test("only the best hundred boxes of a picture are looked at", () => {
    const false100 = Array.from({ length: 100 }, () => found(0, ELSEWHERE, 0.9));
    assert.equal(accuracyOf([{ truth: [truth(0, SQUARE)], found: [...false100, found(0, SQUARE, 0.8)] }]).mean.ap50, 0);
  });

  test("a class without objects has no accuracy, and pictures of nothing have none at all", () => {
    const accuracy = accuracyOf([{ truth: [truth(3, SQUARE, true)], found: [found(1, SQUARE, 0.9)] }]);
    assert.deepEqual(accuracy.classes, []);
    assert.ok(Number.isNaN(accuracy.mean.ap50));
  });
});

test("averagePrecision without any verdict is 0", () => assert.equal(averagePrecision(new Uint8Array(0), 5), 0));
