import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { placeLabels } from "../../src/dashboard/labels.js";

const SEED = 20261121;
const LABEL_HEIGHT = 16;
const [WIDTH, HEIGHT] = [640, 360];

test("a label stands above its box, at the upper edge of the picture below it, on a full-height box inside", () => {
  const box = { left: 100, top: 50, right: 160, bottom: 120, labelWidth: 80 };
  const places = placeLabels(
    [box, { ...box, left: 300, top: 3 }, { ...box, left: 500, top: 0, bottom: HEIGHT }],
    LABEL_HEIGHT,
    WIDTH,
    HEIGHT,
  );
  assert.deepEqual(places, [{ left: 100, top: 34 }, { left: 300, top: 120 }, { left: 500, top: 0 }]);
});

test("a label never leaves the picture to the right, and one that finds no room is left out", () => {
  const box = { left: 620, top: 0, right: 640, bottom: HEIGHT, labelWidth: 80 };
  assert.deepEqual(placeLabels([box, box], LABEL_HEIGHT, WIDTH, HEIGHT), [{ left: 560, top: 0 }, undefined]);
});

test("in any crowd no label covers another, and all stay inside the picture", () => {
  const edge = (max: number) => fc.tuple(fc.nat(max), fc.nat(max)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const);
  const box = fc
    .tuple(edge(WIDTH), edge(HEIGHT), fc.integer({ min: 20, max: 120 }))
    .map(([[left, right], [top, bottom], labelWidth]) => ({ left, top, right, bottom, labelWidth }));
  fc.assert(
    fc.property(fc.array(box, { minLength: 1, maxLength: 40 }), (boxes) => {
      const places = placeLabels(boxes, LABEL_HEIGHT, WIDTH, HEIGHT);
      assert.ok(places[0], "the first always finds room");
      const labels = places.flatMap((place, i) => (place ? [{ ...place, right: place.left + boxes[i]!.labelWidth }] : []));
      for (const [i, a] of labels.entries()) {
        assert.ok(a.left >= 0 && a.right <= WIDTH && a.top >= 0 && a.top + LABEL_HEIGHT <= HEIGHT);
        for (const b of labels.slice(i + 1)) {
          const apart = a.right <= b.left || b.right <= a.left || Math.abs(a.top - b.top) >= LABEL_HEIGHT;
          assert.ok(apart, `${JSON.stringify(a)} covers ${JSON.stringify(b)}`);
        }
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});
