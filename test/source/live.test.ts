import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { PipelineError } from "../../src/core/errors.js";
import { isAlive, openCamera } from "../support/camera.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";

const folder = temporaryFolder();
/** Longest time for anything here on a busy machine. */
const DEADLINE = { timeout: 30_000 };
// Our own timers let a process go: while a source waits for its next try, nothing else would hold this one.
const alive = setInterval(() => undefined, 1000);
after(() => clearInterval(alive));
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** What the heap holds without its garbage, bytes. */
const heldBytes = (): number => {
  collect();
  return process.memoryUsage().heapUsed;
};
const sizes = (count: number, size = "96x64"): string[] => Array.from({ length: count }, () => size);
const OPEN = "h264 96x64";

test("the first connection is retried like any other, and frame numbers go on over epochs", DEADLINE, async () => {
  const refused = { words: "Connection to tcp://x failed: Connection refused", exit: 1 };
  await using camera = openCamera(folder, [refused, refused, { header: OPEN, frames: sizes(3), exit: 0 }, { header: OPEN, frames: sizes(2) }]);
  await camera.until(() => camera.frames.length === 5);
  await camera[Symbol.asyncDispose]();
  assert.deepEqual(camera.frames, ["1 0 96x64 of run 3", "1 1 96x64 of run 3", "1 2 96x64 of run 3", "2 3 96x64 of run 4", "2 4 96x64 of run 4"]);
  assert.deepEqual(camera.states, [
    "connecting", "reconnecting E_SOURCE_REFUSED 1", "reconnecting E_SOURCE_REFUSED 2", "live", "reconnecting E_SOURCE_DISCONNECTED 3", "live",
  ]);
  const epochs = camera.events.flatMap((event) => (event.type === "state" && event.state === "live" ? [event.epoch] : []));
  assert.deepEqual(epochs, [1, 2]);
  assert.deepEqual(camera.events.at(-1), { type: "ended", error: null });
  assert.equal(camera.probes(), 1);
  assert.equal(camera.outstanding(), 0);
});

test("a source that ends after the same frames each time is told to look like a film; one that goes away sooner or later is not", DEADLINE, async () => {
  const ends = (count: number) => ({ header: OPEN, frames: sizes(count), exit: 0 });
  await using camera = openCamera(folder, [ends(12), ends(14), ends(14), ends(3), ends(3), { header: OPEN, frames: sizes(1) }]);
  await camera.until(() => camera.frames.length === 47);
  const said = camera.events.flatMap((event) => (event.type === "state" && event.state === "reconnecting" ? [event.message ?? ""] : []));
  const told = said.filter((message) => message.includes("it looks like a film or an ended playlist"));
  // A busy machine may add a connection that was given up for its silence; the ends are what they are.
  assert.equal(told.length, 1, said.join("\n"));
  assert.match(told[0] ?? "", /^camera ended the stream after 14 frames, as the last time: .*; next try in/);
});

test("a child that is alive and silent is stalled, then ended, by force where SIGTERM does not help", DEADLINE, async () => {
  const silent = { header: OPEN, frames: sizes(2), ignoresTerm: true };
  await using camera = openCamera(folder, [silent, { header: OPEN, frames: sizes(1) }], { limits: { silenceTimeoutMs: 1500 } });
  await camera.until(() => camera.frames.length === 3);
  assert.deepEqual(camera.states.slice(0, 5), ["connecting", "live", "stalled E_SOURCE_STALLED", "reconnecting E_SOURCE_STALLED 1", "live"]);
  assert.equal(camera.frames[2], "2 2 96x64 of run 2");
  assert.equal(isAlive(camera.pids()[0]!), false);
  assert.equal(camera.probes(), 2, "a source that fell silent may bring something else: it is looked at again");
});

test("connecting and the first frame have limits of their own", DEADLINE, async () => {
  const limits = { connectTimeoutMs: 3000, firstFrameTimeoutMs: 800 };
  await using camera = openCamera(folder, [{}, { header: OPEN }, { header: OPEN, frames: sizes(1) }], { limits });
  await camera.until(() => camera.frames.length === 1);
  const told = camera.events.flatMap((event) => (event.type === "state" && event.state === "reconnecting" ? [event] : []));
  assert.deepEqual(told.map(({ reason }) => reason), ["E_SOURCE_TIMEOUT", "E_SOURCE_TIMEOUT"]);
  assert.match(told[0]?.message ?? "", /did not open within 3000 ms \(live\.connectTimeoutMs\)/);
  assert.match(told[1]?.message ?? "", /no frame came within 800 ms \(live\.firstFrameTimeoutMs\)/);
});

test("half a frame that was there when the connection died is in no frame of the next one", DEADLINE, async () => {
  const torn = { header: OPEN, frames: sizes(1), partialBytes: 10_000, exit: 0 };
  await using camera = openCamera(folder, [torn, torn, { header: OPEN, frames: sizes(2) }]);
  await camera.until(() => camera.frames.length === 4);
  await camera[Symbol.asyncDispose]();
  assert.deepEqual(camera.frames, ["1 0 96x64 of run 1", "2 1 96x64 of run 2", "3 2 96x64 of run 3", "3 3 96x64 of run 3"]);
  assert.equal(camera.outstanding(), 0);
});

test("another picture size in mid-stream begins a new epoch at once, with a new probe and a place of its own", DEADLINE, async () => {
  const moved = { header: OPEN, frames: [...sizes(2), ...sizes(5, "48x64")] };
  const places: string[] = [];
  await using camera = openCamera(folder, [moved, { header: "h264 48x64", frames: sizes(2, "48x64") }], {
    probes: [{}, { widthPx: 48 }],
    limits: { backoffMinMs: 60_000 },
    onFrame: ({ letterbox, header }) => places.push(`${header.epoch}: ${letterbox.contentWidthPx}x${letterbox.contentHeightPx} at ${letterbox.leftPx},${letterbox.topPx}`),
  });
  await camera.until(() => camera.frames.length === 4);
  assert.deepEqual(camera.frames, ["1 0 96x64 of run 1", "1 1 96x64 of run 1", "2 2 48x64 of run 2", "2 3 48x64 of run 2"]);
  assert.deepEqual(places, ["1: 96x64 at 0,0", "1: 96x64 at 0,0", "2: 48x64 at 24,0", "2: 48x64 at 24,0"]);
  assert.deepEqual(camera.states, ["connecting", "live", "reconnecting", "live"]);
  assert.equal(camera.probes(), 2);
});

test("another codec or size in the header of a later connection begins the next one at once, before its first frame and without a probe", DEADLINE, async () => {
  const runs = [{ header: OPEN, frames: sizes(1), exit: 0 }, { header: "hevc 48x64", frames: sizes(9), periodMs: 500 }, { header: "hevc 48x64", frames: sizes(2, "48x64") }];
  await using camera = openCamera(folder, runs);
  await camera.until(() => camera.frames.length === 3);
  assert.equal(camera.probes(), 1);
  assert.match(JSON.stringify(camera.events), /the picture is now hevc 48x64, it was h264 96x64; connecting again at once/);
  assert.deepEqual(camera.frames, ["1 0 96x64 of run 1", "2 1 48x64 of run 3", "2 2 48x64 of run 3"]);
});

test("a frame's size is the last word against a probe that says something else", DEADLINE, async () => {
  await using camera = openCamera(folder, [{ header: "h264 64x96", frames: sizes(2) }], { probes: [{ widthPx: 64, heightPx: 96 }] });
  await camera.until(() => camera.frames.length === 2);
  assert.deepEqual(camera.frames.map((frame) => frame.slice(0, 9)), ["1 0 96x64", "1 1 96x64"]);
});

test("a header and frames that disagree on the size for good are no change: the frames come, over connections and without a probe", DEADLINE, async () => {
  const cropped = { header: OPEN, frames: sizes(2, "90x64"), exit: 0 };
  await using camera = openCamera(folder, [cropped, cropped, cropped, { header: "h264 48x64" }, { header: "h264 48x64", frames: sizes(1, "46x64") }]);
  await camera.until(() => camera.frames.length === 5);
  assert.deepEqual(camera.frames, ["1 0 90x64 of run 2", "1 1 90x64 of run 2", "2 2 90x64 of run 3", "2 3 90x64 of run 3", "3 4 46x64 of run 6"]);
  assert.equal(camera.probes(), 1);
  assert.match(JSON.stringify(camera.events), /the picture is now h264 48x64, it was h264 96x64; connecting again at once/);
});

test("what does not mend by itself is retried slowly and says so, then heals", DEADLINE, async () => {
  const wrong = { words: "rtsp://cam: Server returned 401 Unauthorized (authorization failed)", exit: 1 };
  await using camera = openCamera(folder, [wrong, { header: OPEN, frames: sizes(1) }]);
  await camera.until(() => camera.frames.length === 1);
  const told = camera.events.find((event) => event.type === "state" && event.state === "reconnecting");
  assert.ok(told?.type === "state" && told.reason === "E_SOURCE_AUTH" && told.retryInMs === 2);
  assert.match(told.message ?? "", /next try in 0\.0 s, slowly, since this does not mend by itself/);
});

test("what can't heal ends the source, but not once it has worked", DEADLINE, async () => {
  const missing = new PipelineError("E_FFMPEG_MISSING", "ffmpeg was not found");
  await using never = openCamera(folder, [], { probes: [missing] });
  await never.until(() => never.events.at(-1)?.type === "ended");
  assert.deepEqual(never.events.at(-1), { type: "ended", error: missing });
  const lost = { header: OPEN, frames: sizes(1), exit: 1, words: "Decoder (codec h264) not found for input stream #0:0" };
  await using once = openCamera(folder, [lost, { header: OPEN, frames: sizes(1) }], { probes: [{}, missing, {}] });
  await once.until(() => once.frames.length === 2);
  assert.deepEqual(once.states, ["connecting", "live", "reconnecting E_SOURCE_CODEC 1", "reconnecting E_FFMPEG_MISSING 2", "live"]);
});

test("when we ourselves do not run the stream is blocked, and its camera is left alone", DEADLINE, async () => {
  let seen = 0;
  await using camera = openCamera(folder, [{ header: OPEN, frames: sizes(300), periodMs: 50 }], {
    limits: { silenceTimeoutMs: 3000 },
    onFrame() {
      seen += 1;
      if (seen === 5) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 4500);
    },
  });
  await camera.until(() => camera.states.includes("blocked") && camera.states.at(-1) === "live" && seen > 30);
  assert.ok(camera.states.every((state) => state !== "stalled" && !state.startsWith("reconnecting")), camera.states.join());
  assert.equal(camera.pids().length, 1);
});

test("megabytes on stderr cost nothing but their reading", DEADLINE, async () => {
  const before = heldBytes();
  await using camera = openCamera(folder, [{ header: OPEN, floodLines: 20_000, frames: sizes(2) }]);
  await camera.until(() => camera.frames.length === 2);
  const kept = heldBytes() - before;
  assert.ok(kept < 4 * 2 ** 20, `${kept} bytes are kept of 20 MB of warnings`);
});

test("closing ends it at once, whatever it is doing: waiting, connecting, or reading", DEADLINE, async () => {
  for (const [run, limits] of [
    [{ words: "Connection refused", exit: 1 }, { backoffMinMs: 60_000, backoffMaxMs: 60_000 }],
    [{ ignoresTerm: true }, {}],
    [{ header: OPEN, frames: sizes(1000), periodMs: 5, ignoresTerm: true }, {}],
  ] as const) {
    const camera = openCamera(folder, [run], { limits });
    await until(() => camera.pids().length > 0, "the program to run");
    if (!("ignoresTerm" in run) || "frames" in run) await camera.until(() => camera.states.length > 1);
    await camera[Symbol.asyncDispose]();
    assert.deepEqual(camera.events.at(-1), { type: "ended", error: null });
    assert.equal(camera.outstanding(), 0);
    assert.deepEqual(camera.pids().filter(isAlive), []);
  }
});

test("fifty connections in a row leave no process, no descriptor and no slot behind", { timeout: 120_000, skip: process.platform !== "linux" }, async () => {
  const descriptors = (): number => readdirSync("/proc/self/fd").length;
  await using camera = openCamera(folder, [{ header: OPEN, frames: sizes(1), partialBytes: 99, exit: 0 }]);
  await camera.until(() => camera.frames.length === 2);
  const before = descriptors();
  await camera.until(() => camera.frames.length === 50);
  await camera[Symbol.asyncDispose]();
  assert.ok(descriptors() <= before, `${descriptors()} descriptors are open, it were ${before}`);
  assert.deepEqual(camera.pids().filter(isAlive), []);
  assert.equal(camera.outstanding(), 0);
  assert.deepEqual(camera.frames.slice(0, 50).map((frame) => frame.split(" ", 2).join(" ")), Array.from({ length: 50 }, (_, n) => `${n + 1} ${n}`));
});
