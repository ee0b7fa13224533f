import assert from "node:assert/strict";
import { test } from "node:test";
import { ERROR_TABLE, type ErrorCode } from "../../src/core/errors.js";
import { parseAddress } from "../../src/source/address.js";
import { explain, readsAsHwFallback } from "../../src/source/explain.js";
import { retryOf } from "../../src/source/retry.js";

/** Address, what FFmpeg wrote (5.1.9 unless marked), code, part of our words. */
type Case = readonly [string, string, ErrorCode, RegExp];

const RTSP = "rtsp://admin:s3c@r/t@127.0.0.1:1/x";
const HTTP = "http://127.0.0.1:1/x";

const CASES: readonly Case[] = [
  [RTSP, "[tcp @ 0x564b006a5100] [error] Connection to tcp://127.0.0.1:1?timeout=2000000 failed: Connection refused\n[concat @ 0x564b00690a40] [error] Impossible to open 'rtsp://127.0.0.1:1/x'\n[error] pipe:0: Connection refused", "E_SOURCE_REFUSED", /refused/],
  // FFmpeg 6 and newer end with a second line; on Windows the error is a number.
  [HTTP, "[tcp @ 0x1] Connection to tcp://10.0.0.1:80 failed: Error number -10061 occurred\n[in#0 @ 0x1] Error opening input: Error number -10061 occurred\nError opening input file pipe:0.", "E_SOURCE_REFUSED", /refused/],
  [HTTP, "[tcp @ 0x563674478180] [error] Failed to resolve hostname no.such.host.invalid: Name or service not known\n[error] pipe:0: Input/output error", "E_SOURCE_UNREACHABLE", /name of the host is not known/],
  [HTTP, "[tcp @ 0x1] [error] Failed to resolve hostname cam.lan: nodename nor servname provided, or not known", "E_SOURCE_UNREACHABLE", /name of the host/],
  [RTSP, "[tcp @ 0x1] [error] Connection to tcp://192.168.60.100:554?timeout=5000000 failed: Connection timed out\n[error] pipe:0: Connection timed out", "E_SOURCE_TIMEOUT", /no answer came in time/],
  [RTSP, "[tcp @ 0x1] Connection to tcp://192.168.1.12:554?timeout=0 failed: Operation timed out", "E_SOURCE_TIMEOUT", /in time/],
  [RTSP, "[in#0 @ 0x1] Error opening input: Error number -138 occurred", "E_SOURCE_TIMEOUT", /in time/],
  [RTSP, "[tcp @ 0x1] [error] Connection to tcp://10.9.9.9:554 failed: No route to host", "E_SOURCE_UNREACHABLE", /no route/],
  [RTSP, "[tcp @ 0x1] [error] Connection to tcp://10.9.9.9:554 failed: Network is unreachable", "E_SOURCE_UNREACHABLE", /no route/],
  [RTSP, "[rtsp @ 0x55d4144a9400] [error] method DESCRIBE failed: 401 Unauthorized\n[concat @ 0x55d414497a40] [error] Impossible to open 'rtsp://admin:wrong@127.0.0.1:18554/cam'\n[error] pipe:0: Server returned 401 Unauthorized (authorization failed)", "E_SOURCE_AUTH", /missing or wrong \(401\)/],
  [RTSP, "[rtsp @ 0x1] [error] method OPTIONS failed: 403 X\n[error] pipe:0: Server returned 403 Forbidden (access denied)", "E_SOURCE_AUTH", /denied \(403\)/],
  [HTTP, "[http @ 0x562450fefb00] [warning] HTTP error 401 Unauthorized\n[error] pipe:0: Server returned 401 Unauthorized (authorization failed)", "E_SOURCE_AUTH", /401/],
  [RTSP, "[rtsp @ 0x1] [error] method DESCRIBE failed: 404 Not Found\n[error] pipe:0: Server returned 404 Not Found", "E_SOURCE_NOT_FOUND", /404/],
  [HTTP, "[http @ 0x1] [warning] HTTP error 410 Gone\n[error] pipe:0: Server returned 4XX Client Error, but not one of 40{0,1,3,4}", "E_SOURCE_NOT_FOUND", /410/],
  [RTSP, "[rtsp @ 0x1] [error] method OPTIONS failed: 454 X\n[error] pipe:0: Server returned 4XX Client Error, but not one of 40{0,1,3,4}", "E_SOURCE_REFUSED", /454/],
  [RTSP, "[rtsp @ 0x561372c11a40] [error] method DESCRIBE failed: 503 Service Unavailable\n[error] pipe:0: Server returned 5XX Server Error reply", "E_SOURCE_REFUSED", /503/],
  [HTTP, "[tls @ 0x562bd98719c0] [error] An unexpected TLS packet was received.\n[error] pipe:0: Input/output error", "E_SOURCE_TLS", /secure/],
  [HTTP, "[tls @ 0x1] error:0A00010B:SSL routines::wrong version number", "E_SOURCE_TLS", /secure/],
  [HTTP, "[tls @ 0x1] Creating security context failed (0x80090308)", "E_SOURCE_TLS", /secure/],
  [HTTP, "[tls @ 0x55b36ee5c9c0] [error] Error in the pull function.\n[tls @ 0x55b36ee5c9c0] [error] IO error: Connection timed out", "E_SOURCE_TIMEOUT", /in time/],
  [HTTP, "[tls @ 0x1] [error] Error in the pull function.\n[tls @ 0x1] [error] IO error: End of file\n[error] pipe:0: End of file", "E_SOURCE_DISCONNECTED", /ended the connection/],
  [RTSP, "[concat @ 0x564414829a40] [error] Impossible to open 'rtsp://127.0.0.1:18555/299'\n[error] pipe:0: Invalid data found when processing input", "E_SOURCE_TIMEOUT", /accepted the connection, but no RTSP answer/],
  [HTTP, "[concat @ 0x1] [error] Impossible to open 'http://127.0.0.1:18081/page.html'\n[error] pipe:0: Invalid data found when processing input", "E_SOURCE_NOT_VIDEO", /no video that FFmpeg knows/],
  [HTTP, "[concat @ 0x1] [error] Impossible to open 'http://127.0.0.1:18081/page.html'\n[error] pipe:0: Input/output error", "E_SOURCE_NOT_VIDEO", /if it is a web page/],
  // FFmpeg 6 and newer.
  [HTTP, "[concat @ 0x1] Impossible to open 'http://127.0.0.1:18081/page.html'\n[in#0 @ 0x1] Error opening input: Input/output error\nError opening input file pipe:0.", "E_SOURCE_NOT_VIDEO", /if it is a web page/],
  [HTTP, "[error] pipe:0: Input/output error", "E_FFMPEG_ENDED", /could not go on/],
  [HTTP, "[file @ 0x55c75e9dcd00] [error] Protocol 'file' not on whitelist 'pipe,http,tcp'!\n[error] pipe:0: Invalid data found when processing input", "E_SOURCE_SCHEME", /leads to an address with file:/],
  [HTTP, "[info]   Stream #0:0[0x1](eng): Audio: aac (LC), 48000 Hz, mono\n[fatal] Stream map '0:v:0' matches no streams.", "E_SOURCE_AUDIO_ONLY", /sound but no video/],
  [HTTP, "[fatal] Stream specifier ':v:0' in filtergraph description [0:v:0]showinfo matches no streams.", "E_SOURCE_NOT_VIDEO", /no video stream/],
  [HTTP, "[error] Decoder (codec vvc) not found for input stream #0:0", "E_SOURCE_CODEC", /\(vvc\)/],
  [HTTP, "[vist#0:0/none @ 0x1] Decoding requested, but no decoder found for: av1", "E_SOURCE_CODEC", /\(av1\)/],
  ["srt://127.0.0.1:9", "[srt @ 0x1] [error] Connection to srt://127.0.0.1:9 failed: Input/output error\n[error] pipe:0: Input/output error", "E_SOURCE_TIMEOUT", /nothing came in time/],
  ["udp://127.0.0.1:19999", "[error] pipe:0: Input/output error", "E_SOURCE_TIMEOUT", /nothing came/],
  [RTSP, "", "E_SOURCE_DISCONNECTED", /ended the stream/],
  ["/dev/video0", "[video4linux2,v4l2 @ 0x55ab79e97940] [error] Cannot open video device /dev/video0: No such file or directory\n[error] /dev/video0: No such file or directory", "E_DEVICE", /no such camera/],
  ["/dev/video0", "[video4linux2,v4l2 @ 0x1] [error] Cannot open video device /dev/video0: Permission denied", "E_DEVICE", /permission/],
  ["/dev/video0", "[video4linux2,v4l2 @ 0x1] [error] ioctl(VIDIOC_STREAMON): Device or resource busy", "E_DEVICE", /in use/],
  ["/dev/video0", "[video4linux2,v4l2 @ 0x55f43d7148c0] [error] ioctl(VIDIOC_QUERYCAP): Inappropriate ioctl for device", "E_DEVICE", /no camera/],
  ["/dev/video0", "[avfoundation @ 0x1] Selected framerate (60.000000) is not supported by the device.", "E_DEVICE", /size, rate or format/],
  ["a.mp4", "[error] Device creation failed: -542398533.\n[h264 @ 0x55ed3545c300] [error] No device available for decoder: device type vaapi needed for codec h264.\n[error] Device setup failed for decoder on input stream #0:0 : Generic error in an external library", "E_HWACCEL", /graphics processor/],
  [RTSP, "[fatal] Unrecognized hwaccel: videotoolbox.", "E_HWACCEL", /graphics processor/],
];

for (const [name, stderr, code, words] of CASES) {
  test(`${JSON.stringify(stderr.split("\n", 1)[0]?.replace(/^\[\w+ @ 0x\w+\] /, ""))} from ${name.slice(0, 6)} means ${code}`, () => {
    const error = explain(stderr, parseAddress(name, false, "linux"));
    assert.equal(error.code, code);
    assert.match(error.message, words);
    assert.doesNotMatch(error.message, /s3c|0x|\n/);
  });
}

test("what is not known is told in FFmpeg's last words, without the address's secrets in any form", () => {
  const forms = ["rtsp://admin:s3c@r/t@127.0.0.1:1/x", "rtsp://admin:s3c%40r%2Ft@127.0.0.1:1/x", "s3c@r/t", "s3c%40r%2Ft", "admin:s3c@r/t"];
  for (const form of forms) {
    const error = explain(`[rtsp @ 0x1] [error] something odd\n[error] ${form}: it broke`, parseAddress(RTSP, false));
    assert.equal(error.code, "E_FFMPEG_ENDED");
    assert.match(error.message, /^rtsp:\/\/\*\*\*@127\.0\.0\.1:1\/x: FFmpeg could not go on \(FFmpeg: .*it broke\)$/);
    assert.doesNotMatch(error.message, /s3c|t@1.*t@1/);
  }
});

test("a fall back to software is read from a line, and ordinary lines are not taken for one", () => {
  const fallbacks = [
    "[h264 @ 0x5618aae83300] [info] Auto hwaccel disabled: no device found.",
    "[h264 @ 0x1] Failed setup for format vaapi: hwaccel initialisation returned error.",
    "[mpeg4 @ 0x13401b0c0] Failed setup for format videotoolbox_vld: hwaccel initialisation returned error.",
    "[h264 @ 0x1] Failed to get HW surface format.",
    "[h264 @ 0x1] No support for codec h264 profile 578.",
  ];
  for (const line of fallbacks) assert.equal(readsAsHwFallback(line), true, line);
  for (const line of ["[error] Device creation failed: -1.", "[Parsed_showinfo_0 @ 0x1] [info] n:   0 pts:  12000", "[info] Stream mapping:"]) assert.equal(readsAsHwFallback(line), false, line);
});

test("what passes by itself is retried soon, what takes a person slowly, a wrong command never", () => {
  const of = (wanted: string): string[] => (Object.keys(ERROR_TABLE) as ErrorCode[]).filter((code) => retryOf(code) === wanted).sort();
  assert.deepEqual(of("soon"), [
    "E_DEVICE", "E_FFMPEG_ENDED", "E_HWACCEL", "E_SOURCE_DISCONNECTED", "E_SOURCE_NO_FRAMES", "E_SOURCE_REFUSED", "E_SOURCE_STALLED", "E_SOURCE_TIMEOUT", "E_SOURCE_UNREACHABLE",
  ]);
  assert.deepEqual(of("slow"), ["E_SOURCE_AUDIO_ONLY", "E_SOURCE_AUTH", "E_SOURCE_CODEC", "E_SOURCE_NOT_FOUND", "E_SOURCE_NOT_VIDEO", "E_SOURCE_SIZE", "E_SOURCE_TLS", "E_SOURCE_UNREADABLE"]);
  for (const code of ["E_SOURCE_SCHEME", "E_USAGE", "E_FFMPEG_MISSING"] as const) assert.equal(retryOf(code), "never");
});
