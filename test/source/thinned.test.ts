import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { NUMBERED_SIZE_PX } from "../../src/numbered/index.js";
import { temporaryFolder } from "../support/pool.js";
import { ffmpeg, readAll, type ReadResult } from "../support/source.js";

const at = join(temporaryFolder(), "grey.mkv");

/** What came of each frame: its number, and why it was left out. */
function said({ events }: ReadResult): string[] {
  return events.flatMap((event) => (event.type === "skipped" ? [`${event.header.frame} ${event.cause}`] : event.type === "frame" ? [`${event.header.frame}`] : []));
}

test("of thinned frames every n-th comes with its own pixels and time, and the others are counted as max_fps, in order", async () => {
  // Frame n is grey n x 10, without loss.
  ffmpeg("-f", "lavfi", "-i", "color=c=black:size=64x64:rate=10:duration=2,format=gray,geq=lum='N*10'", "-c:v", "ffv1", at);
  const read = await readAll(at, { widthPx: 64, heightPx: 64, everyNth: 3 });
  const { headers, planes } = read;
  assert.deepEqual(said(read), [...Array(20).keys()].map((n) => (n % 3 === 0 ? `${n}` : `${n} max_fps`)));
  assert.deepEqual(headers.map(({ ptsMs }) => ptsMs), [0, 300, 600, 900, 1200, 1500, 1800]);
  for (const [i, plane] of planes.entries()) assert.ok(Math.abs((plane[64 * 32] ?? -99) - i * 30) <= 2, `frame ${i * 3}: ${plane[64 * 32]}`);
});

const FOUR_OF_TEN = ["0", "1 max_fps", "2 max_fps", "3", "4 max_fps", "5 max_fps", "6", "7 max_fps", "8 max_fps", "9"];

test("the numbered source is thinned as well, and those that come carry their own numbers", async () => {
  const options = { widthPx: NUMBERED_SIZE_PX, heightPx: NUMBERED_SIZE_PX };
  const all = await readAll("test:numbered?frames=10", options);
  const thinned = await readAll("test:numbered?frames=10", { ...options, everyNth: 3 });
  assert.deepEqual(said(thinned), FOUR_OF_TEN);
  assert.deepEqual(thinned.planes, [0, 3, 6, 9].map((n) => all.planes[n]));
});

test("of a folder of pictures every n-th is read, and the others are not even opened", async () => {
  const pictures = temporaryFolder();
  ffmpeg("-f", "lavfi", "-i", "color=c=black:size=64x64:rate=10:duration=1,format=gray,geq=lum='N*10'", "-start_number", "0", join(pictures, "p%d.png"));
  // Were it opened, it would be told as broken.
  writeFileSync(join(pictures, "p4.png"), "no picture");
  const thinned = await readAll(pictures, { widthPx: 64, heightPx: 64, everyNth: 3 });
  assert.equal(thinned.error, null);
  assert.deepEqual(said(thinned), FOUR_OF_TEN);
  assert.deepEqual(thinned.events.filter(({ type }) => type === "broken"), []);
  for (const [i, plane] of thinned.planes.entries()) assert.ok(Math.abs((plane[64 * 32] ?? -99) - i * 30) <= 2, `picture ${i * 3}: ${plane[64 * 32]}`);
});
