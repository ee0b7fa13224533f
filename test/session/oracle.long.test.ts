import { test } from "node:test";
import { requireShared } from "../support/paths.js";
import { assertExact } from "./oracle.js";

for (const [clip, frames] of [["car-detection", 377], ["bottle-detection", 300]] as const) {
  for (const mode of ["threads", "shared", "processes"] as const) {
    test(`${clip}, preprocess exact, mode ${mode}: the reference's own detections in all frames`, async (t) => {
      if (requireShared(t)) await assertExact(t, clip, frames, mode);
    });
  }
}
