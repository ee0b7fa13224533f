import assert from "node:assert/strict";
import { test } from "node:test";
import { readStderr, type FrameInfo } from "../../src/source/stderr.js";

/** Lines as FFmpeg 5.1.9 and 7.1 print them with `-loglevel level+info`. */
const CONFIG = "[Parsed_showinfo_0 @ 0x55d1] [info] config in time_base: 1/12800, frame_rate: 25/2\n";
const FRAME_5 =
  "[Parsed_showinfo_0 @ 0x55d1] [info] n:   3 pts:   3072 pts_time:0.24    pos:    12345 fmt:yuv420p sar:0/1 s:768x432 i:P iskey:0 type:P \n";
const FRAME_7 =
  "[Parsed_showinfo_0 @ 0x55d1] [info] n:   4 pts:   4096 pts_time:0.32    duration:   1024 duration_time:0.08    fmt:yuv420p cl:left sar:0/1 s:640x360 i:P iskey:1 type:I \n";
const NO_PTS =
  "[Parsed_showinfo_0 @ 0x55d1] [info] n:   0 pts:NOPTS pts_time:NOPTS   pos:       -1 fmt:gray sar:1/1 s:1x1 i:P iskey:1 type:I \n";

function read(...chunks: string[]) {
  const frames: FrameInfo[] = [];
  const reader = readStderr((frame) => frames.push(frame));
  for (const chunk of chunks) reader.push(chunk);
  return { frames, reader };
}

test("a frame's number, time and size are read from showinfo of old and new FFmpegs", () => {
  const { frames } = read(CONFIG, FRAME_5, FRAME_7, NO_PTS);
  assert.deepEqual(frames, [
    { n: 3, ptsMs: 240, widthPx: 768, heightPx: 432 },
    { n: 4, ptsMs: 320, widthPx: 640, heightPx: 360 },
    { n: 0, ptsMs: null, widthPx: 1, heightPx: 1 },
  ]);
});

test("lines are read whole wherever a chunk is cut", () => {
  for (let cut = 1; cut < FRAME_5.length; cut += 1) {
    const { frames } = read(CONFIG, FRAME_5.slice(0, cut), FRAME_5.slice(cut));
    assert.equal(frames.length, 1, `cut at ${cut}`);
  }
});

test("the explanation is the cause, not the echo that follows it, and holds no secret", () => {
  const { reader } = read(
    "[rtsp @ 0x1] [error] method DESCRIBE failed: 401 Unauthorized for rtsp://admin:s3cret@cam/1\n",
    "[error] Conversion failed!\n",
  );
  assert.equal(reader.explanation(), "method DESCRIBE failed: 401 Unauthorized for rtsp://***@cam/1");
  assert.equal(reader.errors, 2);
});

test("a file that ends too early is recognised in FFmpeg's words", () => {
  assert.equal(read("[mov,mp4 @ 0x1] [error] stream 0, offset 0x2f9a: partial file\n").reader.saysTruncated, true);
  assert.equal(read("[matroska,webm @ 0x1] [error] File ended prematurely at pos. 78900 (0x13434)\n").reader.saysTruncated, true);
  assert.equal(read("[h264 @ 0x1] [error] concealing 12 DC errors\n").reader.saysTruncated, false);
});

test("a line without end costs no memory", () => {
  const reader = readStderr(() => undefined);
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < 2000; i += 1) reader.push("x".repeat(10_000));
  assert.ok(process.memoryUsage().heapUsed - before < 15e6);
});
