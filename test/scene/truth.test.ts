import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CLASS_NAMES, makeStreet, type Street } from "../../src/scene/index.js";
import { emptied, objectsAt, drawnBounds } from "./support.js";

type Mover = Street["movers"][number];

/** Moments at which exactly one object of `street` can be seen, whole. */
function momentsAlone(street: Street): number[] {
  return [0, 4, 8, 12, 16, 20].filter((atS) => {
    const objects = objectsAt(street, atS);
    return objects.length === 1 && !objects[0]!.ignore && objects[0]!.inFrame === 1;
  });
}

function isKind(mover: Mover, kind: "vehicle" | "pedestrian" | "bicycle"): boolean {
  return mover.kind === "cyclist" ? kind === "bicycle" && mover.parked : mover.kind === kind;
}

/** So many boxes of each kind are compared with their pixels. */
const ENOUGH = 6;

describe("the box of an object", () => {
  for (const kind of ["vehicle", "pedestrian", "bicycle"] as const) {
    test(`lies around the pixels that a ${kind} alone changes, to two pixels and on average to less than one`, async () => {
      const errors: number[] = [];
      for (let seed = 0; seed < 60 && errors.length < 4 * ENOUGH; seed++) {
        const street = emptied(seed, { time: "cloudy", rain: false }, (mover) => isKind(mover, kind));
        for (const mover of street.movers.slice(0, 3)) {
          const alone = { ...street, movers: [mover] };
          const [atS] = momentsAlone(alone);
          if (atS === undefined) continue;
          const [object] = objectsAt(alone, atS);
          const pixels = await drawnBounds(alone, atS);
          assert.ok(object && pixels);
          assert.equal(object.visible, 1);
          errors.push(...object.box.map((side, i) => Math.abs(side - pixels[i]!)));
          assert.ok(Math.max(...errors) <= 2, `seed ${seed}: box ${object.box.join()} around pixels ${pixels.join()}`);
        }
      }
      assert.ok(errors.length >= 4 * ENOUGH, `only ${errors.length / 4} were seen alone`);
      const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
      assert.ok(mean < 0.7, `the mean error is ${mean} px`);
    });
  }

  test("lies within the picture and is neither empty nor turned inside out", () => {
    for (let seed = 0; seed < 12; seed++) {
      for (const { box } of objectsAt(makeStreet(seed), 5)) {
        const [left, top, right, bottom] = box;
        assert.ok(left >= 0 && top >= 0 && right <= 640 && bottom <= 360, box.join());
        assert.ok(left < right && top < bottom, box.join());
      }
    }
  });
});

describe("what can be seen of an object", () => {
  test("is all of it when it is alone, and less when all the others are there", () => {
    let hidden = 0;
    for (let seed = 0; seed < 10; seed++) {
      const street = makeStreet(seed);
      for (const object of objectsAt(street, 2)) {
        assert.ok(object.visible > 0 && object.visible <= 1);
        if (object.visible < 0.6) hidden++;
      }
    }
    assert.ok(hidden > 5, `only ${hidden} objects were hidden`);
  });

  test("is ignored where less than a quarter shows", () => {
    for (let seed = 0; seed < 20; seed++) {
      for (const { visible, inFrame, ignore } of objectsAt(makeStreet(seed), 2)) {
        if (visible < 0.25 || inFrame < 0.15) assert.ok(ignore);
      }
    }
  });

  test("falls when something comes before it, to a part of where it was", () => {
    let compared = 0;
    for (let seed = 0; seed < 80 && compared < 5; seed++) {
      const street = emptied(seed, { time: "cloudy", rain: false, view: "across" }, ({ kind }) => kind !== "cyclist");
      const partly = objectsAt(street, 2).find(
        ({ visible, inFrame }) => visible > 0.3 && visible < 0.7 && inFrame === 1,
      );
      if (!partly) continue;
      const [left, top, right, bottom] = partly.box;
      const index = (partly.trackId - 1) / 2;
      if (!Number.isInteger(index) || index >= street.movers.length) continue;
      const alone = { ...street, movers: [street.movers[index]!] };
      const [whole] = objectsAt(alone, 2);
      assert.ok(whole);
      assert.equal(whole.visible, 1);
      // What is left of it lies inside of what it is alone.
      assert.ok(
        left >= whole.box[0] - 1 && top >= whole.box[1] - 1 && right <= whole.box[2] + 1 && bottom <= whole.box[3] + 1,
      );
      compared++;
    }
    assert.equal(compared, 5);
  });
});

describe("the classes", () => {
  test("all occur, by the names of the built-in model", () => {
    assert.deepEqual(CLASS_NAMES, ["person", "bicycle", "car", "bus"]);
    const seen = new Set<number>();
    for (let seed = 0; seed < 30; seed++) for (const { classId } of objectsAt(makeStreet(seed), 1)) seen.add(classId);
    assert.deepEqual([...seen].sort(), [0, 1, 2, 3]);
  });
});
