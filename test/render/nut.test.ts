import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { nutParser } from "../../src/render/nut.js";
import { ffmpeg, frameTimes } from "./clips.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-nut-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Cuts a file that FFmpeg wrote, fed in pieces of a size, with memory for one frame at a time. */
function cut(path: string, pieceBytes: number) {
  const bytes = readFileSync(path);
  const out: Buffer[] = [];
  const timesMs: number[] = [];
  let isFree = true;
  const parser = nutParser({
    lease(sizeBytes) {
      if (!isFree) return undefined;
      isFree = false;
      return Buffer.alloc(sizeBytes);
    },
    frame({ before, pixels, elidedBytes, ptsMs }) {
      out.push(before, Buffer.from(pixels.subarray(elidedBytes)));
      timesMs.push(ptsMs);
    },
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    for (let rest = parser.push(bytes.subarray(at, at + pieceBytes)); rest; rest = parser.push(rest)) isFree = true;
  }
  return { isSame: Buffer.concat([...out, parser.rest()]).equals(bytes), timesMs, parser };
}

// The times are ffprobe's of the same file; the bytes are FFmpeg's own.
for (const [name, source] of [
  ["frames with checked headers", "testsrc2=size=320x240:rate=30000/1001:duration=1.5"],
  ["small frames, whose first bytes FFmpeg leaves out", "color=black:size=48x32:rate=25:duration=2,geq=lum='if(X+Y,9,0)':cb=128:cr=128"],
  ["times that are not even", "testsrc2=size=160x120:rate=25:duration=6,select='not(mod(n,7))+gt(n,100)'"],
] as const) {
  test(`NUT of FFmpeg is cut into frames with their times, and put together is the same file: ${name}`, () => {
    const path = join(folder, `${name.length}.nut`);
    ffmpeg("-f lavfi -i", source, ..."-fps_mode passthrough -c:v rawvideo -pix_fmt yuv420p -f nut".split(" "), path);
    const expected = frameTimes(path).map(Number);
    for (const pieceBytes of [977, 65_536]) {
      const { isSame, timesMs, parser } = cut(path, pieceBytes);
      assert.ok(isSame && !parser.isTorn);
      assert.equal(timesMs.length, expected.length);
      for (const [i, ms] of timesMs.entries()) assert.ok(Math.abs(ms / 1000 - expected[i]!) < 1e-5, `frame ${i}: ${ms} ms, not ${expected[i]} s`);
    }
  });
}
