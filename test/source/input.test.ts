import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../../src/source/address.js";
import { inputPlan, probePlan, type InputPlan, type InputSettings } from "../../src/source/input.js";

const plan = (name: string, settings: InputSettings = {}, platform: NodeJS.Platform = "linux"): InputPlan => inputPlan(parseAddress(name, false, platform), settings);
const line = ({ options, input }: InputPlan): string => [...options, "-i", input].join(" ");

test("a network address goes in by standard input, with the options of its scheme, and no argument holds it", () => {
  const rtsp = plan("rtsp://me:s3c@r/t@10.0.0.7/a", { ioTimeoutMs: 7000 });
  assert.equal(line(rtsp), "-flags low_delay -f concat -safe 0 -auto_convert 0 -fpsprobesize 0 -protocol_whitelist pipe,rtp,udp,tcp,tls,srtp -i pipe:0");
  assert.equal(rtsp.stdin, "pipe");
  assert.equal(
    rtsp.stdinText,
    "ffconcat version 1.0\nfile 'rtsp://me:s3c%40r%2Ft@10.0.0.7/a'\noption rtsp_transport 'tcp'\noption timeout '7000000'\noption fpsprobesize '0'\n",
  );
});

test("an apostrophe in an address does not end FFmpeg's quoting", () => {
  assert.match(plan("http://h/it's").stdinText ?? "", /^file 'http:\/\/h\/it'\\''s'$/m);
});

test("each scheme opens its own protocols and no files; only the right kind of timeout is named", () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ["rtsps://h/x", "pipe,rtp,udp,tcp,tls,srtp", /option rtsp_transport 'tcp'\noption timeout/],
    ["http://h/x", "pipe,http,https,httpproxy,tcp,tls,crypto", /option rw_timeout '30000000'/],
    ["http://h/live.FLV?x=1", "pipe,http,https,httpproxy,tcp,tls,crypto", /option analyzeduration '1000000'/],
    ["https://h/x", "pipe,http,https,httpproxy,tcp,tls,crypto", /option rw_timeout/],
    ["rtmp://h/a/b", "pipe,rtmp,tcp", /option rw_timeout/],
    ["rtmps://h/a/b", "pipe,rtmps,tls,tcp", /option rw_timeout/],
    ["srt://h:9000", "pipe,srt", /option timeout '30000000'\noption listen_timeout '30000000'\noption connect_timeout '30000'/],
    ["udp://h:1234", "pipe,udp", /option timeout '30000000'\noption overrun_nonfatal '1'/],
  ];
  for (const [name, protocols, script] of cases) {
    const { options, stdinText = "" } = plan(name);
    assert.equal(options[options.indexOf("-protocol_whitelist") + 1], protocols, name);
    assert.match(stdinText, script, name);
    assert.equal(/timeout/g.test(stdinText) && /rtsp_transport/.test(stdinText) && /rw_timeout/.test(stdinText), false, name);
  }
  assert.doesNotMatch(plan("http://h/x.ts?name=.flv").stdinText ?? "", /analyzeduration/);
  assert.match(plan("rtsp://h/x", { rtspTransport: "udp" }).stdinText ?? "", /rtsp_transport 'udp'/);
});

test("a file, standard input and a test picture have their pace", () => {
  assert.equal(line(plan("/a b.mp4")), "-protocol_whitelist file -i file:/a b.mp4");
  assert.equal(line(plan("a.mp4", { realtime: true, loop: true })), "-re -stream_loop -1 -protocol_whitelist file -i file:a.mp4");
  assert.deepEqual(plan("-", { realtime: true }), { input: "pipe:0", options: ["-re", "-protocol_whitelist", "pipe"], stdin: "pipe" });
  assert.equal(line(plan("test:bars?size=64x48&rate=5")), "-re -f lavfi -i smptebars=size=64x48:rate=5");
});

test("cameras are asked in their system's own words", () => {
  assert.equal(line(plan("device:1?size=640x480&rate=15&format=mjpeg")), "-flags low_delay -f v4l2 -framerate 15 -input_format mjpeg -video_size 640x480 -i /dev/video1");
  assert.equal(line(plan("webcam?format=nv12", {}, "darwin")), "-flags low_delay -f avfoundation -framerate 30 -pixel_format nv12 -i 0:none");
  assert.equal(line(plan("device:HD Webcam?format=mjpeg", {}, "win32")), "-flags low_delay -f dshow -rtbufsize 64M -vcodec mjpeg -i video=HD Webcam");
});

test("hardware decoding and key frames are asked for before the input; qsv brings its own decoder", () => {
  assert.equal(line(plan("a.mp4", { hwaccel: "vaapi", mode: "keys" })), "-hwaccel vaapi -skip_frame nokey -protocol_whitelist file -i file:a.mp4");
  assert.equal(line(plan("a.mp4", { hwaccel: "qsv", codec: "hevc" })), "-hwaccel qsv -hwaccel_output_format nv12 -c:v hevc_qsv -protocol_whitelist file -i file:a.mp4");
  assert.equal(line(plan("a.mp4", { hwaccel: "qsv", codec: "no_such" })), "-hwaccel qsv -hwaccel_output_format nv12 -protocol_whitelist file -i file:a.mp4");
});

test("multipart JPEG from the web is timed by the clock, for it has no times of its own", () => {
  assert.match(plan("http://h/x", { codec: "mjpeg" }).stdinText ?? "", /use_wallclock_as_timestamps '1'/);
  assert.doesNotMatch(plan("http://h/x", { codec: "h264" }).stdinText ?? "", /wallclock/);
});

test("ffprobe gets the same input without what only a decoder knows", () => {
  const settings: InputSettings = { realtime: true, loop: true, hwaccel: "cuda", mode: "noref" };
  const probe = (name: string): string => line(probePlan(parseAddress(name, false, "linux"), settings));
  assert.equal(probe("a.mp4"), "-protocol_whitelist file -i file:a.mp4");
  assert.equal(probe("test:bars"), "-f lavfi -i smptebars=size=1280x720:rate=30");
  assert.equal(probe("rtsp://h/x"), "-f concat -safe 0 -auto_convert 0 -fpsprobesize 0 -protocol_whitelist pipe,rtp,udp,tcp,tls,srtp -i pipe:0");
});
