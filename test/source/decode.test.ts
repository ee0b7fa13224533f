import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseDecode, decodeText, rateGuard, type DecodeFacts } from "../../src/source/decode.js";
import type { FrameGaps, Gaps } from "../../src/source/frame-kinds.js";
import { readGaps } from "../../src/source/gaps.js";
import type { Probe } from "../../src/source/probe.js";

const every = (ms: number, count = 10, jitterMs = 0): Gaps => ({ count, shortestMs: ms - jitterMs, longestMs: ms + jitterMs });
const CAMERA = { codec: "h264", widthPx: 1920, heightPx: 1080, fps: 30 };

/** A stream of 30 fps with key frames so far apart. */
const gop = (keyMs: number, more: Partial<FrameGaps> = {}): FrameGaps => ({ frames: every(1000 / 30, 200), keys: every(keyMs, 4), references: null, isWhole: false, ...more });
const facts = (gaps: FrameGaps | null, maxFps: number | null, more: Partial<DecodeFacts> = {}): DecodeFacts => ({
  probe: { ...CAMERA, gaps }, wish: "auto", maxFps, everyNth: 1, isWholeFile: false, hwaccel: "none", threads: "auto", cores: 8, streams: 1, ...more,
});
/** Every second frame is referred to. */
const half = { references: every(2000 / 30, 100) };

for (const [what, given, mode, why] of [
  ["no rate: all", facts(gop(1000), null), "all", /no rate is set/],
  ["a key frame a second is enough for one a second", facts(gop(1000), 1), "keys", /a key frame comes every 1 s/],
  ["29.97 fps: 1001 ms are", facts(gop(1001), 1), "keys", /1 fps wanted/],
  ["2 s are not", facts(gop(2000), 1), "all", /up to 2 s apart/],
  ["2 s are for one in two", facts(gop(2000), 0.5), "keys", /0\.5 fps wanted/],
  ["a clock that trembles a little is a clock", facts(gop(1000, { keys: every(1000, 4, 7) }), 1), "keys", /./],
  ["key frames as they like may come later than any that was seen", facts(gop(1000, { keys: every(700, 4, 250) }), 1), "all", /come as they like/],
  ["unless all was seen", facts(gop(1000, { keys: every(700, 4, 250), isWhole: true }), 1), "keys", /./],
  ["one gap is no clock", facts(gop(1000, { keys: every(1000, 1) }), 1), "all", /./],
  ["not measured: all", facts(null, 1), "all", /not known/],
  ["no two key frames came: all", facts(gop(1000, { keys: null }), 1), "all", /not known/],
  ["15 fps of references are enough for 5", facts(gop(2000, half), 5), "noref", /others refer to/],
  ["and for 15", facts(gop(2000, half), 15), "noref", /./],
  ["not for 20", facts(gop(2000, half), 20), "all", /./],
  ["key frames go before references", facts(gop(1000, half), 1), "keys", /./],
  ["references that are nearly all are not worth it", facts(gop(2000, { references: every(1000 / 30, 190) }), 5), "all", /./],
  ["every frame is a key frame", facts(gop(1000 / 30, { keys: every(1000 / 30, 200) }), 1), "all", /stands for itself/],
  ["every n-th is of all", facts(gop(1000), 1, { everyNth: 2 }), "all", /everyNth/],
  ["a file's numbers are places", facts(gop(1000), 1, { isWholeFile: true }), "all", /places/],
  ["what is asked for is done", facts(null, null, { wish: "keys" }), "keys", /source\.decode is keys/],
  ["whatever it delivers", facts(gop(4000), 5, { wish: "noref" }), "noref", /source\.decode is noref/],
] as const) {
  test(`what is decoded: ${what}`, () => {
    const plan = chooseDecode(given);
    assert.equal(plan.mode, mode, plan.why);
    assert.match(plan.why, why);
  });
}

test("no choice leaves less than the wanted rate, whatever the gaps", () => {
  for (let keyMs = 100; keyMs <= 6000; keyMs += 100) {
    for (const maxFps of [0.2, 0.5, 1, 2, 5, 10, 15]) {
      for (const refMs of [67, 100, 200]) {
        const { mode } = chooseDecode(facts(gop(keyMs, { references: every(refMs, 60) }), maxFps));
        const fps = { all: 30, noref: 1000 / refMs, keys: 1000 / keyMs }[mode];
        // A gap may be half a frame longer than the wanted one: a camera's clock is not ours.
        assert.ok(1000 / fps <= 1000 / maxFps + 17, `${mode} gives ${fps} of ${maxFps} fps`);
      }
    }
  }
});

test("threads: one up to 1080p and for key frames, else the cores in equal parts", () => {
  const large = { ...CAMERA, widthPx: 3840, heightPx: 2160, gaps: gop(1000) } as Probe;
  const threads = (more: Partial<DecodeFacts>): number => chooseDecode(facts(null, 5, { probe: large, ...more })).threads;
  assert.equal(chooseDecode(facts(null, 5)).threads, 1);
  assert.deepEqual([1, 2, 3, 8, 100].map((streams) => threads({ streams })), [8, 4, 2, 1, 1]);
  assert.equal(threads({ cores: 128 }), 16);
  assert.equal(threads({ maxFps: 1 }), 1);
  assert.equal(threads({ threads: 3 }), 3);
});

test("the choice is one line with its reason", () => {
  assert.equal(decodeText(chooseDecode(facts(gop(2000), 0.5)), "none"), "decodes key frames only (0.5 fps wanted, and a key frame comes every 2 s), 1 thread");
  assert.match(decodeText(chooseDecode(facts(null, 5, { threads: 2 })), "vaapi"), /^decodes every frame \(.*\), 2 threads, on the graphics processor \(vaapi\)$/);
});

test("ffprobe's packets and frames are read in the order of their times", () => {
  const csv = "packet,0.000000,-0.04,K__\npacket,0.120000,0.0,___\npacket,0.040000,0.04,___\npacket,N/A,0.16,K__\nframe,0.000000\r\nframe,0.120000\npacket,N/A,N/A,___\n\n";
  const gaps = readGaps(csv, { expectedFrames: 5, countIsExact: true });
  assert.deepEqual([gaps.frames, gaps.keys, gaps.references].map((one) => one && { ...one, shortestMs: Math.round(one.shortestMs), longestMs: Math.round(one.longestMs) }), [
    { count: 3, shortestMs: 40, longestMs: 80 }, { count: 1, shortestMs: 160, longestMs: 160 }, { count: 1, shortestMs: 120, longestMs: 120 },
  ]);
  assert.equal(gaps.isWhole, true);
  assert.deepEqual(readGaps("", { expectedFrames: null, countIsExact: false }), { frames: null, keys: null, references: null, isWhole: false });
});

test("a stream that brings clearly less than is wanted is noticed, one that is late once is not", () => {
  const told = (timesMs: readonly number[], maxFps: number | null): (number | undefined)[] => {
    const guard = rateGuard();
    return timesMs.map((ms) => guard(ms, maxFps));
  };
  assert.deepEqual(told([0, 1000, 2000, 3000, 4000, 5100, 6000], 1).filter(Boolean), []);
  const rare = Array.from({ length: 9 }, (_, i) => 4000 * i);
  assert.deepEqual(told(rare, 1), [...Array<undefined>(8).fill(undefined), 0.25]);
  assert.deepEqual(told(rare, null).filter(Boolean), []);
  // Three in a row are lost: one long gap, which lies in one watch alone.
  assert.deepEqual(told([0, 1000, 5000, 6000, 7000, 8000, 9000, 10_000, 11_000], 1).filter(Boolean), []);
  assert.deepEqual(told([90_000, 91_000, 92_000, 0, 1000, 2000, 3000], 1).filter(Boolean), []);
});
