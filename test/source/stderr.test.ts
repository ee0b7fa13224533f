import assert from "node:assert/strict";
import { test } from "node:test";
import { readStderr, type FrameInfo, type StreamHeader } from "../../src/source/stderr.js";

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
    { at: "only", n: 3, ptsMs: 240, widthPx: 768, heightPx: 432 },
    { at: "only", n: 4, ptsMs: 320, widthPx: 640, heightPx: 360 },
    { at: "only", n: 0, ptsMs: null, widthPx: 1, heightPx: 1 },
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

test("the input is open when its first video stream is told: codec and stored size, whatever stands between them", () => {
  const headers: (readonly [string, StreamHeader])[] = [
    [
      "Stream #0:0: Video: h264 (Constrained Baseline), yuv420p(tv, smpte170m, progressive), 640x360 [SAR 1:1 DAR 16:9], 15 fps, 15 tbr, 90k tbn",
      { codec: "h264", picture: { pixelFormat: "yuv420p", colours: "tv, smpte170m, progressive", widthPx: 640, heightPx: 360, fps: 15 } },
    ],
    [
      "Stream #0:1[0x2](und): Video: hevc (Main) (hev1 / 0x31766568), yuv420p(tv), 3840x2160, 29.97 fps (default)",
      { codec: "hevc", picture: { pixelFormat: "yuv420p", colours: "tv", widthPx: 3840, heightPx: 2160, fps: 29.97 } },
    ],
    [
      "Stream #0:0: Video: mjpeg (Baseline), yuvj422p(pc, bt470bg/unknown/unknown), 1280x720, 25 tbr",
      { codec: "mjpeg", picture: { pixelFormat: "yuvj422p", colours: "pc, bt470bg/unknown/unknown", widthPx: 1280, heightPx: 720, fps: null } },
    ],
    ["Stream #0:0: Video: vp8, yuv420p, 2x2", { codec: "vp8", picture: { pixelFormat: "yuv420p", colours: "", widthPx: 2, heightPx: 2, fps: null } }],
    ["Stream #0:0: Video: h264, none, 90k tbr, 90k tbn", { codec: "h264", picture: null }],
  ];
  for (const [line, header] of headers) {
    const opened: StreamHeader[] = [];
    const reader = readStderr(() => undefined, (one) => opened.push(one));
    reader.push("[info] Input #0, rtsp, from 'rtsp://cam':\n[info]   Stream #0:0: Audio: aac, 48000 Hz\n");
    assert.equal(opened.length, 0);
    reader.push(`[info]   ${line}\n[info] Output #0, rawvideo, to 'pipe:1':\n[info]   Stream #0:0: Video: rawvideo, gbrp, 96x54, 15 fps\n`);
    assert.deepEqual(opened, [header]);
  }
});

test("the last words are kept for an explanation, a few of them, without secrets", () => {
  const { reader } = read(...Array.from({ length: 500 }, (_, n) => `[rtsp @ 0x1] [warning] word ${n} of rtsp://me:pw@cam/1\n`));
  const lines = reader.lastWords().split("\n");
  assert.equal(lines.at(-1), "word 499 of rtsp://***@cam/1");
  assert.ok(lines.length <= 20);
});
