import assert from "node:assert/strict";
import { test } from "node:test";
import { accuracyOnUnseenStreets } from "./seen.js";

test("the built-in model on 400 streets that it was never shown: mAP50 at least .94, mAP50:95 at least .76", async (t) => {
  const accuracy = await accuracyOnUnseenStreets(400);
  t.diagnostic(`mAP50 ${accuracy.mean.ap50.toFixed(4)}, mAP50:95 ${accuracy.mean.ap50to95.toFixed(4)}`);
  assert.ok(accuracy.mean.ap50 >= 0.94, `mAP50 ${accuracy.mean.ap50}`);
  assert.ok(accuracy.mean.ap50to95 >= 0.76, `mAP50:95 ${accuracy.mean.ap50to95}`);
});
