import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/pool.js";
import { ffmpeg, readAll } from "../support/source.js";

const clip = join(temporaryFolder(), "clip.mp4");
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=1", "-pix_fmt", "yuv420p", clip);

/** Apple's decoder is nowhere else, and Linux's is not on a Mac. */
const absent = process.platform === "darwin" ? "vaapi" : "videotoolbox";

test("a file whose graphics processor is missing is decoded in software, and says so once", async () => {
  const { headers, error, events } = await readAll(clip, { hwaccel: absent });
  assert.equal(error, null);
  assert.equal(headers.length, 10);
  const told = events.filter((event) => event.type === "state");
  assert.deepEqual(told.map(({ reason }) => reason), ["E_HWACCEL"]);
  assert.match(told[0]?.message ?? "", /source\.hwaccel/);
});

test("only frames that stand for themselves are decoded when that is asked for", async () => {
  const keyed = join(temporaryFolder(), "keyed.mp4");
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=10:duration=2", "-pix_fmt", "yuv420p", "-g", "5", "-keyint_min", "5", "-sc_threshold", "0", keyed);
  const { headers } = await readAll(keyed, { decode: "keys" });
  assert.deepEqual(headers.map(({ ptsMs }) => ptsMs), [0, 500, 1000, 1500]);
});
