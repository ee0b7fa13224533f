import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { letterboxFor } from "../../src/model/index.js";
import { temporaryFolder } from "../support/pool.js";
import { CENTRED, ffmpeg, readAll, TOP_LEFT, type ReadOptions, type ReadResult } from "../support/source.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** A white box on black, as parts of the picture: left, top, right, bottom. */
const BOX = { left: 0.25, top: 0.25, right: 0.75, bottom: 0.5 };

function boxClip(name: string, widthPx: number, heightPx: number, ...more: string[]): string {
  const box = `drawbox=x=iw*${BOX.left}:y=ih*${BOX.top}:w=iw*${BOX.right - BOX.left}:h=ih*${BOX.bottom - BOX.top}:color=white:t=fill`;
  if (!existsSync(at(name))) ffmpeg("-f", "lavfi", "-i", `color=c=black:size=${widthPx}x${heightPx}:rate=10:duration=0.5,format=gbrp`, "-vf", box, ...more, at(name));
  return at(name);
}

/** Where the white box lies in a frame of the model's input, by its own pixels, in parts of the source picture. */
function foundBox({ planes, letterboxes }: ReadResult, index: number, widthPx: number, heightPx: number) {
  const frame = planes[index];
  const box = letterboxes[index];
  assert.ok(frame && box);
  const bounds = { left: Infinity, top: Infinity, right: -1, bottom: -1 };
  for (let y = 0, i = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1, i += 1) {
      if ((frame[i] ?? 0) < 180) continue;
      bounds.left = Math.min(bounds.left, x);
      bounds.top = Math.min(bounds.top, y);
      bounds.right = Math.max(bounds.right, x + 1);
      bounds.bottom = Math.max(bounds.bottom, y + 1);
    }
  }
  const across = (x: number): number => (x - box.leftPx) / box.contentWidthPx;
  const down = (y: number): number => (y - box.topPx) / box.contentHeightPx;
  const onePixel = { x: 1.6 / box.contentWidthPx, y: 1.6 / box.contentHeightPx };
  return { left: across(bounds.left), right: across(bounds.right), top: down(bounds.top), bottom: down(bounds.bottom), onePixel };
}

async function assertBox(path: string, size: [number, number], options: ReadOptions = {}, index = 0, expected = BOX): Promise<ReadResult> {
  const { widthPx = 160, heightPx = 96, letterbox = CENTRED } = options;
  const result = await readAll(path, { widthPx, heightPx, letterbox, ...options });
  assert.equal(result.error, null);
  const header = result.headers[index];
  assert.deepEqual([header?.widthPx, header?.heightPx], size);
  const found = foundBox(result, index, widthPx, heightPx);
  for (const side of ["left", "right"] as const) assert.ok(Math.abs(found[side] - expected[side]) < found.onePixel.x, `${side}: ${found[side]} for ${expected[side]}`);
  for (const side of ["top", "bottom"] as const) assert.ok(Math.abs(found[side] - expected[side]) < found.onePixel.y, `${side}: ${found[side]} for ${expected[side]}`);
  return result;
}

test("the picture lies where the letterbox rule says, for wide, tall, small and odd sizes and both rules", async () => {
  for (const [w, h] of [[320, 180], [180, 320], [48, 40], [333, 187]] as const) {
    for (const letterbox of [CENTRED, TOP_LEFT]) await assertBox(boxClip(`${w}x${h}.mkv`, w, h, "-c:v", "ffv1"), [w, h], { letterbox });
  }
});

test("beside the picture lies the family's grey; rows above and below are not sent", async () => {
  const wide = await readAll(boxClip("320x180.mkv", 320, 180, "-c:v", "ffv1"), { widthPx: 96, heightPx: 96 });
  // 96 x 180/320 = 54 rows in the middle.
  const rowStarts = [...Array(96).keys()].map((y) => wide.planes[0]?.[96 * y]);
  assert.deepEqual(rowStarts, [...Array<number>(21).fill(-1), ...Array<number>(54).fill(0), ...Array<number>(21).fill(-1)]);
  const tall = await readAll(boxClip("180x320.mkv", 180, 320, "-c:v", "ffv1"), { widthPx: 96, heightPx: 96, letterbox: TOP_LEFT });
  assert.deepEqual([...(tall.planes[0]?.subarray(96 * 95 + 54, 96 * 96) ?? [])], Array<number>(42).fill(114));
  assert.deepEqual(tall.letterboxes[0], letterboxFor(TOP_LEFT, 96, 96, 180, 320));
});

test("planes come in the order green, blue, red", async () => {
  ffmpeg("-f", "lavfi", "-i", "color=c=0xFF8000:size=64x64:rate=5:duration=0.2", "-c:v", "ffv1", "-pix_fmt", "gbrp", at("orange.mkv"));
  const { planes } = await readAll(at("orange.mkv"), { widthPx: 64, heightPx: 64 });
  const area = 64 * 64;
  const colours = [0, area, 2 * area].map((start) => planes[0]?.[start + area / 2] ?? -1);
  for (const [i, level] of [128, 0, 255].entries()) assert.ok(Math.abs((colours[i] ?? -9) - level) <= 2, `${colours.join(" ")}`);
});

test("a film with rotation metadata is seen and measured as it is shown", async () => {
  const bytes = readFileSync(boxClip("plain.mp4", 320, 180, "-pix_fmt", "yuv420p"));
  // The matrix of the track header (ISO/IEC 14496-12, 8.3.2), as a telephone held upright writes it.
  [0, 0x10000, 0, -0x10000, 0, 0, 0, 0, 0x40000000].forEach((value, i) => bytes.writeInt32BE(value, bytes.indexOf("tkhd") + 44 + 4 * i));
  writeFileSync(at("turned.mp4"), bytes);
  // Turned a quarter to the right: what was on the left is on top.
  const turned = { left: 1 - BOX.bottom, right: 1 - BOX.top, top: BOX.left, bottom: BOX.right };
  await assertBox(at("turned.mp4"), [180, 320], {}, 0, turned);
});

test("10 bits a channel, a single pixel and 8K are read like any other size", async () => {
  await assertBox(boxClip("ten.mkv", 320, 180, "-c:v", "ffv1", "-pix_fmt", "yuv420p10le"), [320, 180]);
  const one = await readAll(boxClip("one.mkv", 1, 1, "-c:v", "ffv1", "-pix_fmt", "yuv444p"));
  assert.deepEqual([one.error, one.headers[0]?.widthPx, one.headers[0]?.heightPx], [null, 1, 1]);
  ffmpeg("-f", "lavfi", "-i", "color=c=black:size=7680x4320:rate=2:duration=0.5", "-vf", "drawbox=x=1920:y=1080:w=3840:h=1080:color=white:t=fill", "-c:v", "mjpeg", at("8k.avi"));
  await assertBox(at("8k.avi"), [7680, 4320]);
});

test("a picture size that changes in mid-file starts a new epoch, and each frame has its own size and place", async () => {
  for (const [w, h] of [[320, 180], [180, 240]] as const) boxClip(`${w}x${h}.ts`, w, h, "-c:v", "mpeg2video", "-q:v", "2", "-f", "mpegts");
  ffmpeg("-i", `concat:${at("320x180.ts")}|${at("180x240.ts")}`, "-c", "copy", "-f", "mpegts", at("changing.ts"));
  const result = await assertBox(at("changing.ts"), [320, 180]);
  const last = result.headers.length - 1;
  assert.deepEqual([result.headers[last]?.epoch, result.headers[last]?.widthPx, result.headers[last]?.heightPx], [2, 180, 240]);
  assert.deepEqual(result.headers.map((header) => header.frame), [...result.headers.keys()]);
  await assertBox(at("changing.ts"), [180, 240], {}, last);
});

test("a variable rate gives each frame once, with its own time", async () => {
  boxClip("vfr.mkv", 64, 64, "-vf", "select='not(eq(n,1)+eq(n,3))'", "-fps_mode", "passthrough", "-c:v", "ffv1");
  const { headers } = await readAll(at("vfr.mkv"));
  assert.deepEqual(headers.map((header) => Math.round(header.ptsMs ?? -1)), [0, 200, 400]);
});

test("pictures with transparency lie on black, EXIF's turn is applied", async () => {
  const { default: sharp } = await import("sharp");
  const white = { input: { create: { width: 20, height: 8, channels: 4 as const, background: "#fff" } }, left: 10, top: 7 };
  await sharp({ create: { width: 40, height: 30, channels: 4, background: "#ffffff00" } }).composite([white]).png().toFile(at("clear.png"));
  const clear = await readAll(at("clear.png"), { widthPx: 40, heightPx: 30 });
  assert.equal(clear.planes[0]?.[0], 0);
  assert.ok((clear.planes[0]?.[40 * 10 + 20] ?? 0) > 240);
  const box = { input: { create: { width: 32, height: 8, channels: 3 as const, background: "#fff" } }, left: 16, top: 10 };
  await sharp({ create: { width: 64, height: 40, channels: 3, background: "#000" } }).composite([box]).withMetadata({ orientation: 6 }).jpeg({ quality: 100 }).toFile(at("turned.jpg"));
  // Orientation 6 is shown turned a quarter to the right: what was on the left is on top.
  const turned = { left: 1 - 18 / 40, right: 1 - 10 / 40, top: 0.25, bottom: 0.75 };
  await assertBox(at("turned.jpg"), [40, 64], {}, 0, turned);
});
