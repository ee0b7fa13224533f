import assert from "node:assert/strict";
import { test } from "node:test";
import { figuresOnUnseenStreets } from "./seen.js";

test("the built-in model on 400 streets that it was never shown: mAP50 at least .94, mAP50:95 at least .76", async (t) => {
  const mean = await figuresOnUnseenStreets(400);
  t.diagnostic(`mAP50 ${mean.ap50.toFixed(4)}, mAP50:95 ${mean.ap50to95.toFixed(4)}`);
  assert.ok(mean.ap50 >= 0.94, `mAP50 ${mean.ap50}`);
  assert.ok(mean.ap50to95 >= 0.76, `mAP50:95 ${mean.ap50to95}`);
});
