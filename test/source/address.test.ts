import assert from "node:assert/strict";
import { test } from "node:test";
import { displayOf, isLiveAddress, parseAddress, type SourceAddress } from "../../src/source/address.js";
import { networkParts, secretsOf, type NetworkAddress } from "../../src/source/network-address.js";

const on = (platform: NodeJS.Platform, name: string): SourceAddress => parseAddress(name, false, platform);
const network = (name: string): NetworkAddress => {
  const address = on("linux", name);
  assert.ok(address.kind === "network", name);
  return address;
};

test("files, pictures, folders, globs and standard input are told by their names", () => {
  assert.deepEqual(parseAddress("clip.mp4", false), { kind: "file", path: "clip.mp4" });
  assert.deepEqual(parseAddress("shots", true), { kind: "images", pattern: "shots" });
  assert.deepEqual(parseAddress("a.JPG", false), { kind: "images", pattern: "a.JPG" });
  assert.deepEqual(parseAddress("shots/*.png", false), { kind: "images", pattern: "shots/*.png" });
  assert.deepEqual(parseAddress("-", false), { kind: "stdin" });
});

test("test sources are the numbered one and FFmpeg's pictures at a size and rate", () => {
  assert.deepEqual(parseAddress("test:numbered?frames=7", false), { kind: "numbered", frames: 7 });
  assert.deepEqual(parseAddress("test:bars", false), { kind: "pattern", name: "smptebars=size=1280x720:rate=30", display: "test:bars" });
  const small = parseAddress("test:testsrc2?size=320x180&rate=12.5", false);
  assert.deepEqual(small, { kind: "pattern", name: "testsrc2=size=320x180:rate=12.5", display: "test:testsrc2?size=320x180&rate=12.5" });
  const wrong = ["numbered?frames=0", "numbered?frames=65537", "movie=/etc/passwd", "constructor", "bars?size=1x1", "bars?size=99999x2", "bars?rate=0", "bars?rate=30:duration=1", "bars?format=mjpeg", "bars?size=320x180,movie"];
  for (const name of wrong) assert.throws(() => parseAddress(`test:${name}`, false), { code: "E_USAGE" }, name);
});

/** Name as typed, the URL that FFmpeg gets, what people see. */
const ADDRESSES: readonly (readonly [string, string, string])[] = [
  ["rtsp://cam/1", "rtsp://cam/1", "rtsp://cam/1"],
  ["RTSP://Cam.LAN:8554/Ch/1?x=2", "rtsp://cam.lan:8554/Ch/1?x=2", "rtsp://cam.lan:8554/Ch/1?x=2"],
  ["rtsp://me:pw@cam/1", "rtsp://me:pw@cam/1", "rtsp://***@cam/1"],
  ["rtsp://me:s3c%40r%2Ft@10.0.0.7:554/a", "rtsp://me:s3c%40r%2Ft@10.0.0.7:554/a", "rtsp://***@10.0.0.7:554/a"],
  ["rtsp://me:s3c@r/t@10.0.0.7:554/a", "rtsp://me:s3c%40r%2Ft@10.0.0.7:554/a", "rtsp://***@10.0.0.7:554/a"],
  ["rtsp://me:a/b@cam/1", "rtsp://me:a%2Fb@cam/1", "rtsp://***@cam/1"],
  ["rtsp://me:p@ss@cam/1", "rtsp://me:p%40ss@cam/1", "rtsp://***@cam/1"],
  ["rtsp://me:what?#now@cam.lan/1", "rtsp://me:what%3F%23now@cam.lan/1", "rtsp://***@cam.lan/1"],
  ["rtsp://me:100%@cam/1", "rtsp://me:100%25@cam/1", "rtsp://***@cam/1"],
  ["rtsp://me:12/3@10.0.0.7/a", "rtsp://me:12%2F3@10.0.0.7/a", "rtsp://***@10.0.0.7/a"],
  ["rtsp://me:it's@cam/1", "rtsp://me:it%27s@cam/1", "rtsp://***@cam/1"],
  ["https://cam.lan/live/@me", "https://cam.lan/live/@me", "https://cam.lan/live/@me"],
  ["http://10.0.0.7:80/x?mail=a@b.com", "http://10.0.0.7:80/x?mail=a@b.com", "http://10.0.0.7:80/x?mail=a@b.com"],
  ["http://me:pw@cam.lan/@b.com", "http://me:pw@cam.lan/@b.com", "http://***@cam.lan/@b.com"],
  ["http://cam/a b?token=t0p", "http://cam/a%20b?token=t0p", "http://cam/a%20b?token=***"],
  ["rtsp://cam/user=admin_password=t0p_channel=1", "rtsp://cam/user=admin_password=t0p_channel=1", "rtsp://cam/user=admin_password=***"],
  ["rtsp://[fe80::1]:554/1", "rtsp://[fe80::1]:554/1", "rtsp://[fe80::1]:554/1"],
  ["rtsp://kamera.bücher.de/1", "rtsp://kamera.xn--bcher-kva.de/1", "rtsp://kamera.xn--bcher-kva.de/1"],
  ["srt://host:9000?streamid=read:a:me:t0p&latency=200", "srt://host:9000?streamid=read:a:me:t0p&latency=200", "srt://host:9000?streamid=***&latency=200"],
  ["srt://:9000?mode=listener", "srt://:9000?mode=listener", "srt://:9000?mode=listener"],
  ["udp://@239.0.0.1:1234", "udp://239.0.0.1:1234", "udp://239.0.0.1:1234"],
];

for (const [typed, url, display] of ADDRESSES) {
  test(`${display} (${typed.length} characters as typed) is read as FFmpeg needs it and shown without secrets`, () => {
    const address = network(typed);
    assert.deepEqual([address.url, address.display], [url, display]);
  });
}

test("host and port of an address are those that FFmpeg connects to", () => {
  assert.deepEqual(networkParts(network("rtsp://me:a/b@cam/1")), { host: "cam", port: 554 });
  assert.deepEqual(networkParts(network("https://[::1]/x")), { host: "::1", port: 443 });
  assert.deepEqual(networkParts(network("rtmp://h:19350/a/b")), { host: "h", port: 19350 });
});

test("every form in which a password can turn up is known", () => {
  assert.deepEqual(secretsOf(network("rtsp://me:s3c@r/t@10.0.0.7/a")), ["s3c%40r%2Ft", "s3c@r/t", "me:s3c%40r%2Ft", "me:s3c@r/t"]);
  assert.deepEqual(secretsOf(network("rtsp://cam/1")), []);
});

test("schemes that are not in the table, free options and broken addresses are refused, without their secrets", () => {
  const wrong: readonly (readonly [string, string])[] = [
    ["ftp://me:hunter2@h/x", "E_SOURCE_SCHEME"], ["file:///etc/passwd", "E_SOURCE_SCHEME"], ["concat://a|b", "E_SOURCE_SCHEME"], ["constructor://h/x", "E_SOURCE_SCHEME"],
    ["rtsp://", "E_USAGE"], ["rtsp:///path", "E_USAGE"], ["rtsp://h:0/x", "E_USAGE"], ["rtsp://h:70000/x", "E_USAGE"], ["rtsp://me:hunter2@/x", "E_USAGE"],
    ["rtsp://me:hunter2@h/\noption x y", "E_USAGE"], ["udp://h", "E_USAGE"], ["udp://h:1?timeout=1", "E_USAGE"], ["srt://h:1?passphrase=hunter2&mode=caller&linger=1", "E_USAGE"],
  ];
  for (const [name, code] of wrong) {
    assert.throws(() => on("linux", name), (error: Error & { code: string }) => {
      assert.equal(error.code, code, name);
      assert.doesNotMatch(error.message, /hunter2|\n/, name);
      return true;
    });
  }
});

test("what is wrong with a port, and an empty name, is told as that", () => {
  for (const name of ["rtsp://cam.lan:70000/x", "http://me:hunter2@[::1]:0/x", "udp://:123456"]) assert.throws(() => on("linux", name), { code: "E_USAGE", message: /: a port is a number from 1 to 65535$/ }, name);
  for (const name of ["", "  "]) assert.throws(() => on("linux", name), { code: "E_USAGE", message: /name of a source is empty; expected is/ });
});

test("a camera is a number, a path, a name, or webcam, with its wishes", () => {
  const camera = (system: string, device: string, display: string, wish = {}) => ({ kind: "device", system, device, display, wish });
  assert.deepEqual(on("linux", "device:2"), camera("v4l2", "/dev/video2", "device:2"));
  assert.deepEqual(on("linux", "webcam"), camera("v4l2", "/dev/video0", "webcam"));
  assert.deepEqual(on("linux", "/dev/video1?size=1280x720&rate=30&format=mjpeg"), camera("v4l2", "/dev/video1", "/dev/video1?size=1280x720&rate=30&format=mjpeg", { widthPx: 1280, heightPx: 720, rateFps: 30, format: "mjpeg" }));
  assert.deepEqual(on("darwin", "device:FaceTime HD Camera"), camera("avfoundation", "FaceTime HD Camera", "device:FaceTime HD Camera"));
  assert.deepEqual(on("win32", "device:HD Webcam"), camera("dshow", "HD Webcam", "device:HD Webcam"));
  const wrong: readonly (readonly [NodeJS.Platform, string])[] = [
    ["linux", "device:/etc/passwd"], ["linux", "device:"], ["linux", "device:/dev/video0/../sda"], ["darwin", "device:0:1"], ["win32", "device:a:audio=b"], ["linux", "device:0?size=big"], ["linux", "device:0?vf=scale"], ["sunos", "webcam"],
  ];
  for (const [platform, name] of wrong) assert.throws(() => on(platform, name), { code: "E_USAGE" }, name);
});

test("the network, cameras and test pictures are live; a file only in real time, pictures never", () => {
  const live = ["rtsp://h/1", "device:0", "test:bars"].map((name) => isLiveAddress(on("linux", name)));
  assert.deepEqual(live, [true, true, true]);
  assert.deepEqual(["a.mp4", "-", "a.jpg", "test:numbered"].map((name) => [isLiveAddress(on("linux", name)), isLiveAddress(on("linux", name), true)]), [[false, true], [false, true], [false, false], [false, false]]);
  assert.equal(displayOf({ kind: "stdin" }), "standard input");
});
