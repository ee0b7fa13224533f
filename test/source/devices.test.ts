import assert from "node:assert/strict";
import { test } from "node:test";
import { listDevices, parseAvfoundation, parseDshow, parseDshowFormats, parseV4l2Formats } from "../../src/source/devices.js";

test("v4l2 formats are read with their sizes; emulated and unknown ones too", () => {
  const stderr = `[video4linux2,v4l2 @ 0x55d0] Raw       :     yuyv422 :           YUYV 4:2:2 : 640x480 160x90 1280x720
[video4linux2,v4l2 @ 0x55d0] Compressed:       mjpeg :          Motion-JPEG : 640x480 1920x1080
[video4linux2,v4l2 @ 0x55d0] Compressed: Unsupported :      Vendor specific : 640x480
[video4linux2,v4l2 @ 0x55d0] Raw       :     bayer_grbg8 :  8-bit Bayer GRGR/BGBG : {32-4096, 2}x{32-4096, 2}
/dev/video0: Immediate exit requested`;
  assert.deepEqual(parseV4l2Formats(stderr), [
    { format: "yuyv422", sizes: ["640x480", "160x90", "1280x720"], mostFps: null },
    { format: "mjpeg", sizes: ["640x480", "1920x1080"], mostFps: null },
    { format: "bayer_grbg8", sizes: [], mostFps: null },
  ]);
  assert.deepEqual(parseV4l2Formats("[video4linux2,v4l2 @ 0x1] Cannot open video device /dev/video0: No such file or directory"), []);
});

test("avfoundation's cameras are read without its microphones", () => {
  const stderr = `[AVFoundation indev @ 0x7f8] AVFoundation video devices:
[AVFoundation indev @ 0x7f8] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f8] [1] Capture screen 0
[AVFoundation indev @ 0x7f8] AVFoundation audio devices:
[AVFoundation indev @ 0x7f8] [0] MacBook Pro Microphone
: Input/output error`;
  assert.deepEqual(parseAvfoundation(stderr).map(({ source, name }) => [source, name]), [["device:0", "FaceTime HD Camera"], ["device:1", "Capture screen 0"]]);
  assert.deepEqual(parseAvfoundation("Unknown input format: 'avfoundation'"), []);
});

test("dshow's cameras are read as new and as old FFmpegs list them", () => {
  const marked = `[dshow @ 000001] "HD Webcam" (video)
[dshow @ 000001]   Alternative name "@device_pnp_\\\\?\\usb#vid_0c45"
[dshow @ 000001] "OBS Virtual Camera" (none)
[dshow @ 000001] "Grabber" (audio, video)
[dshow @ 000001] "Microphone (Realtek)" (audio)
dummy: Immediate exit requested`;
  assert.deepEqual(parseDshow(marked), ["HD Webcam", "Grabber"]);
  const headed = `[dshow @ 0x1] DirectShow video devices (some may be both video and audio devices)
[dshow @ 0x1]  "HD Webcam"
[dshow @ 0x1]     Alternative name "@device_pnp_x"
[dshow @ 0x1] DirectShow audio devices
[dshow @ 0x1]  "Microphone"`;
  assert.deepEqual(parseDshow(headed), ["HD Webcam"]);
});

test("dshow's formats are gathered by format with their sizes and highest rate", () => {
  const stderr = `[dshow @ 0x1]   pixel_format=yuyv422  min s=640x480 fps=5 max s=640x480 fps=30
[dshow @ 0x1]   pixel_format=yuyv422  min s=1280x720 fps=5 max s=1280x720 fps=10 (tv, bt470bg/bt709/unknown, topleft)
[dshow @ 0x1]   vcodec=mjpeg  min s=1920x1080 fps=5 max s=1920x1080 fps=30.00003
[dshow @ 0x1]   vcodec=mjpeg  min s=1920x1080 fps=5 max s=1920x1080 fps=30`;
  assert.deepEqual(parseDshowFormats(stderr), [
    { format: "yuyv422", sizes: ["640x480", "1280x720"], mostFps: 30 },
    { format: "mjpeg", sizes: ["1920x1080"], mostFps: 30 },
  ]);
});

test("a system without cameras of a kind we know has none, and none is no error", async () => {
  assert.deepEqual(await listDevices("ffmpeg", undefined, "sunos"), { system: null, devices: [] });
  const { system, devices } = await listDevices("ffmpeg", undefined, "linux");
  assert.equal(system, "v4l2");
  assert.ok(Array.isArray(devices));
});
