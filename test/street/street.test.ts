import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOnUnseenStreets } from "./seen.js";

test("the built-in model finds what is in a hundred streets that it was never shown", async (t) => {
  const mean = await figuresOnUnseenStreets(100);
  t.diagnostic(`mAP50 ${mean.ap50.toFixed(4)}, mAP50:95 ${mean.ap50to95.toFixed(4)}`);
  // A hundred scenes scatter by about 0.015 around what samples/train/README.md states for 400.
  assert.ok(mean.ap50 >= 0.92, `mAP50 ${mean.ap50}`);
  assert.ok(mean.ap50to95 >= 0.7, `mAP50:95 ${mean.ap50to95}`);
});
