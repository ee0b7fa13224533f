import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../support/pool.js";
import { ffmpeg, readAll } from "../support/source.js";

const at = join(temporaryFolder(), "grey.mkv");

test("of thinned frames every n-th comes with its own pixels and time, and the others are counted as max_fps, in order", async () => {
  // Frame n is grey n x 10, without loss.
  ffmpeg("-f", "lavfi", "-i", "color=c=black:size=64x64:rate=10:duration=2,format=gray,geq=lum='N*10'", "-c:v", "ffv1", at);
  const { events, headers, planes } = await readAll(at, { widthPx: 64, heightPx: 64, everyNth: 3 });
  const said = events.flatMap((event) => (event.type === "skipped" ? [`${event.header.frame} ${event.cause}`] : event.type === "frame" ? [`${event.header.frame}`] : []));
  assert.deepEqual(said, [...Array(20).keys()].map((n) => (n % 3 === 0 ? `${n}` : `${n} max_fps`)));
  assert.deepEqual(headers.map(({ ptsMs }) => ptsMs), [0, 300, 600, 900, 1200, 1500, 1800]);
  for (const [i, plane] of planes.entries()) assert.ok(Math.abs((plane[64 * 32] ?? -99) - i * 30) <= 2, `frame ${i * 3}: ${plane[64 * 32]}`);
});
