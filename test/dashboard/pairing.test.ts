import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pairing, type WaitingPicture } from "../../src/dashboard/pairing.js";
import type { FrameRecord } from "../../src/wire/index.js";
import { publishedFrame } from "../wire/records.js";

const SEED = 20261121;

const record = (frame: number, epoch = 1): FrameRecord => publishedFrame(frame, { epoch }).record as FrameRecord;
const picture = (frame: number, lookedAt = true, epoch = 1): WaitingPicture<number> => ({
  epoch,
  frame,
  widthPx: 640,
  heightPx: 360,
  lookedAt,
  image: frame,
});

test("a picture is shown when its own record has come, whichever comes first", () => {
  const pairs = pairing<number>(() => undefined);
  pairs.picture(picture(3));
  assert.equal(pairs.take(), undefined);
  pairs.record(record(2));
  assert.equal(pairs.take(), undefined);
  pairs.record(record(3));
  assert.deepEqual(pairs.take(), { picture: picture(3), record: record(3) });
  pairs.record(record(5));
  pairs.picture(picture(5));
  assert.equal(pairs.take()?.record?.frame, 5);
});

test("a picture that was not looked at needs no record and gets none", () => {
  const pairs = pairing<number>(() => undefined);
  pairs.record(record(4));
  pairs.picture(picture(4, false));
  assert.deepEqual(pairs.take(), { picture: picture(4, false), record: null });
});

test("a record of another epoch is not the picture's own", () => {
  const pairs = pairing<number>(() => undefined);
  pairs.record(record(4, 2));
  pairs.picture(picture(4, true, 1));
  assert.equal(pairs.take(), undefined);
});

test("an older picture is never shown after a newer one", () => {
  const discarded: number[] = [];
  const pairs = pairing<number>((image) => discarded.push(image));
  pairs.picture(picture(1));
  pairs.picture(picture(2, false));
  assert.equal(pairs.take()?.picture.frame, 2);
  pairs.record(record(1));
  assert.equal(pairs.take(), undefined);
  pairs.picture(picture(0));
  assert.deepEqual(discarded, [1, 0]);
});

test("after a reset frame numbers may begin again", () => {
  const pairs = pairing<number>(() => undefined);
  pairs.picture(picture(9, false));
  pairs.take();
  pairs.reset();
  pairs.picture(picture(0, false));
  assert.equal(pairs.take()?.picture.frame, 0);
});

test("in any order of arrival: own records only, frames rise, every image is shown or discarded once, little is kept", () => {
  const steps = fc.array(
    fc.record({ what: fc.constantFrom("picture", "record", "take"), frame: fc.nat(60), lookedAt: fc.boolean() }),
    { maxLength: 400 },
  );
  fc.assert(
    fc.property(steps, (arrivals) => {
      const open = new Set<object>();
      const pairs = pairing<object>((image) => assert.equal(open.delete(image), true, "given back once"));
      let shownFrame = -1;
      for (const { what, frame, lookedAt } of arrivals) {
        if (what === "record") pairs.record(record(frame));
        if (what === "picture") {
          const image = { frame };
          open.add(image);
          pairs.picture({ ...picture(frame, lookedAt), image });
        }
        const pair = what === "take" ? pairs.take() : undefined;
        if (pair) {
          assert.ok(pair.picture.frame > shownFrame, "frames rise");
          assert.equal(pair.record?.frame ?? null, pair.picture.lookedAt ? pair.picture.frame : null);
          shownFrame = pair.picture.frame;
          assert.equal(open.delete(pair.picture.image), true, "shown once");
        }
        assert.ok(open.size <= 8, `${open.size} images are held`);
      }
      pairs.reset();
      assert.equal(open.size, 0, "no image is left");
    }),
    { seed: SEED, numRuns: 200 },
  );
});
