import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { makeStreet, type TrueObject } from "../../src/scene/index.js";
import { objectsAt } from "./support.js";

const FPS = 25;
const SECONDS = 3;
/**
 * The farthest a thing moves in a frame, against its height in the picture: the fastest car goes 11 m/s, which is 0.44 m
 * in a frame, and is 1.45 m high. A cyclist at 6 m/s with a bicycle of 1 m stays below.
 */
const MOST_SHIFT = 0.44 / 1.45 + 0.1;

function centre({ box }: TrueObject): [number, number] {
  return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}

const whole = ({ visible, inFrame }: TrueObject): boolean => visible > 0.95 && inFrame > 0.99;

describe("a track", () => {
  const scenes = [21, 22, 23, 24].map((seed) => {
    const street = makeStreet(seed);
    return Array.from({ length: FPS * SECONDS }, (_, i) => objectsAt(street, 10 + i / FPS));
  });

  test("has one object in a frame, of one class in all frames", () => {
    for (const frames of scenes) {
      const classes = new Map<number, number>();
      for (const objects of frames) {
        assert.equal(new Set(objects.map(({ trackId }) => trackId)).size, objects.length);
        for (const { trackId, classId } of objects) {
          assert.equal(classes.get(trackId) ?? classId, classId);
          classes.set(trackId, classId);
        }
      }
      assert.ok(classes.size > 3, `only ${classes.size} tracks`);
    }
  });

  test("moves no farther in a frame than its object can", () => {
    let steps = 0;
    for (const frames of scenes) {
      for (let i = 1; i < frames.length; i++) {
        const before = new Map(frames[i - 1]!.filter(whole).map((object) => [object.trackId, object]));
        for (const object of frames[i]!.filter(whole)) {
          const last = before.get(object.trackId);
          if (!last) continue;
          const [x, y] = centre(object);
          const [lastX, lastY] = centre(last);
          const shift = Math.hypot(x - lastX, y - lastY);
          const allowed = MOST_SHIFT * (object.box[3] - object.box[1]) + 1.5;
          assert.ok(shift <= allowed, `track ${object.trackId} went ${shift} px, allowed ${allowed}`);
          steps++;
        }
      }
    }
    assert.ok(steps > 500, `only ${steps} steps were seen`);
  });

  test("ends when its object leaves the street: what comes in at the other end is another", () => {
    for (const seed of [21, 25]) {
      const street = makeStreet(seed);
      // Over 40 s every moving vehicle goes round at least once.
      const spans = new Map<number, { from: number; to: number }>();
      for (let atS = 0; atS < 40; atS += 0.5) {
        for (const { trackId } of objectsAt(street, atS)) {
          const span = spans.get(trackId);
          spans.set(trackId, { from: span?.from ?? atS, to: atS });
        }
      }
      const count = 2 * street.movers.length;
      const again = [...spans].filter(([trackId]) => trackId > count);
      assert.ok(again.length > 0, "nothing came in again");
      for (const [trackId, { from }] of again) {
        const before = spans.get(trackId - count);
        if (before) assert.ok(before.to < from, `track ${trackId} began before ${trackId - count} had ended`);
      }
    }
  });
});
