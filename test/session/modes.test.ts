import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { ffmpeg } from "../support/source.js";
import { assertSameInAllModes } from "./modes.js";

test("a clip gives the same records in every mode and with any number of workers", async () => {
  const clip = join(temporaryFolder(), "brief.mp4");
  ffmpeg("-i", project("samples", "street.mp4"), "-frames:v", "8", "-c:v", "copy", clip);
  const objects = await assertSameInAllModes(clip, {}, [["threads", 1], ["threads", 2], ["shared", 2], ["processes", 1], ["processes", 2]]);
  assert.ok(objects > 30, `${objects} objects`);
});
