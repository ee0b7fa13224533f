import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MOST_ZOOM, panBy, place, WHOLE, zoomAt } from "../../src/dashboard/viewport.js";

const SEED = 20261121;
const NEAR = 1e-6;

test("at first all of the picture is seen, in the middle, with its own shape", () => {
  assert.deepEqual(place({ width: 400, height: 400 }, { width: 640, height: 320 }, WHOLE), { left: 0, top: 100, width: 400, height: 200 });
  assert.deepEqual(place({ width: 400, height: 100 }, { width: 640, height: 320 }, WHOLE), { left: 100, top: 0, width: 200, height: 100 });
});

const side = fc.integer({ min: 50, max: 2000 });
const size = fc.record({ width: side, height: side });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const steps = fc.array(
  fc.oneof(
    fc.record({ factor: fc.double({ min: 0.2, max: 5, noNaN: true }), x: share, y: share }),
    fc.record({ dx: fc.integer({ min: -900, max: 900 }), dy: fc.integer({ min: -900, max: 900 }) }),
  ),
  { maxLength: 20 },
);

test("however it is zoomed and dragged, no empty edge is drawn in beside a picture that is larger than the stage", () => {
  fc.assert(
    fc.property(size, size, steps, (stage, picture, moves) => {
      let look = WHOLE;
      for (const move of moves) {
        look = "factor" in move ? zoomAt(look, move.factor, { x: move.x * stage.width, y: move.y * stage.height }, stage, picture) : panBy(look, move.dx, move.dy, stage, picture);
        const { left, top, width, height } = place(stage, picture, look);
        assert.ok(look.zoom >= 1 && look.zoom <= MOST_ZOOM);
        for (const [start, part, whole] of [[left, width, stage.width], [top, height, stage.height]] as const) {
          if (part <= whole + NEAR) assert.ok(Math.abs(start - (whole - part) / 2) < 1e-3, "centred");
          else assert.ok(start <= NEAR && start + part >= whole - NEAR, `${start} + ${part} in ${whole}`);
        }
        assert.ok(Math.abs(width / height - picture.width / picture.height) < 1e-3 * (width / height), "keeps its shape");
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("the point under the pointer stays where it is while the picture grows over the stage", () => {
  const [stage, picture, pointer] = [{ width: 640, height: 360 }, { width: 1280, height: 720 }, { x: 160, y: 90 }];
  const at = place(stage, picture, zoomAt(WHOLE, 4, pointer, stage, picture));
  assert.deepEqual(at, { left: -480, top: -270, width: 2560, height: 1440 });
});

test("dragging beyond the edge is forgotten: the way back begins at once", () => {
  const [stage, picture] = [{ width: 640, height: 360 }, { width: 640, height: 360 }];
  const zoomed = zoomAt(WHOLE, 2, { x: 320, y: 180 }, stage, picture);
  const far = panBy(zoomed, 5000, 0, stage, picture);
  assert.equal(place(stage, picture, far).left, 0);
  assert.ok(Math.abs(place(stage, picture, panBy(far, -10, 0, stage, picture)).left + 10) < NEAR);
});
