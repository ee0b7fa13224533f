import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pace } from "../../src/order/index.js";
import { chance } from "../pool/fair-share.js";

/** Times of the frames that are due. */
function due(timesMs: readonly number[], maxFps: number | null): number[] {
  const isDue = pace(maxFps);
  return timesMs.filter((timeMs) => isDue(timeMs));
}

/** Times of frames at a steady rate, in whole ms as containers write them. */
const steady = (seconds: number, fps: number, offsetMs = 0): number[] =>
  Array.from({ length: Math.round(seconds * fps) }, (_, i) => offsetMs + Math.round((i * 1000) / fps));

const gapsOf = (timesMs: readonly number[]): number[] => timesMs.slice(1).map((timeMs, i) => timeMs - (timesMs[i] ?? 0));
const spread = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers);

test("without a limit every frame is due", () => assert.equal(due(steady(10, 30), null).length, 300));

for (const [sourceFps, maxFps] of [[30, 25], [30, 20], [30, 7], [30, 29], [29.97, 15], [25, 10], [60, 59], [50, 0.5]] as const) {
  test(`${sourceFps} frames a second thinned to ${maxFps} give ${maxFps}, evenly`, () => {
    const times = due(steady(60, sourceFps), maxFps);
    assert.ok(Math.abs(times.length - 60 * maxFps) <= 1, `${times.length} of ${60 * maxFps}`);
    assert.ok(spread(gapsOf(times)) <= 1000 / sourceFps + 1, `gaps from ${Math.min(...gapsOf(times))} to ${Math.max(...gapsOf(times))} ms`);
  });
}

test("a limit above the source's rate drops nothing", () => {
  assert.equal(due(steady(10, 29.97), 30).length, 300);
  assert.equal(due(steady(10, 25), 1000).length, 250);
});

test("whatever the two rates: as many as allowed or as there are, and gaps that differ by one frame's period at most", () => {
  const rates = fc.tuple(fc.double({ min: 1, max: 120, noNaN: true }), fc.double({ min: 0.2, max: 120, noNaN: true }));
  fc.assert(
    fc.property(rates, ([sourceFps, maxFps]) => {
      const seconds = 40;
      const times = due(Array.from({ length: Math.round(seconds * sourceFps) }, (_, i) => (i * 1000) / sourceFps), maxFps);
      const wanted = seconds * Math.min(sourceFps, maxFps);
      assert.ok(Math.abs(times.length - wanted) <= 2, `${times.length} of ${wanted}`);
      if (times.length > 2) assert.ok(spread(gapsOf(times)) <= 1000 / sourceFps + 1, "uneven");
    }),
    { seed: 5, numRuns: 300 },
  );
});

test("whatever is preferred: as many as allowed or as there are", () => {
  const drawn = fc.record({ sourceFps: fc.double({ min: 1, max: 120, noNaN: true }), maxFps: fc.double({ min: 0.2, max: 120, noNaN: true }), preferredShare: fc.double({ min: 0, max: 1 }), seed: fc.integer() });
  fc.assert(
    fc.property(drawn, ({ sourceFps, maxFps, preferredShare, seed }) => {
      const random = chance(seed);
      const isDue = pace(maxFps);
      const seen = Array.from({ length: Math.round(40 * sourceFps) }, (_, i) => isDue((i * 1000) / sourceFps, random() < preferredShare)).filter(Boolean);
      const wanted = 40 * Math.min(sourceFps, maxFps);
      assert.ok(Math.abs(seen.length - wanted) <= 2, `${seen.length} of ${wanted}`);
    }),
    { seed: 8, numRuns: 300 },
  );
});

test("jitter of up to a seventh of a frame's period changes neither the rate nor which gaps there are", () => {
  const drawn = fc.record({
    sourceFps: fc.constantFrom(15, 25, 29.97, 30, 60), share: fc.oneof(fc.double({ min: 0.05, max: 0.95, noNaN: true }), fc.constantFrom(1 / 2, 1 / 3, 0.4995, 0.5005, 7 / 30, 25 / 30, 0.99)), jitter: fc.double({ min: 0, max: 0.15, noNaN: true }), seed: fc.integer(),
  });
  fc.assert(
    fc.property(drawn, ({ sourceFps, share, jitter, seed }) => {
      const periodMs = 1000 / sourceFps;
      const random = chance(seed);
      const times = due(Array.from({ length: 1200 }, (_, i) => (i + (random() * 2 - 1) * jitter) * periodMs), sourceFps * share);
      const wanted = 1200 * share;
      assert.ok(Math.abs(times.length - wanted) <= 2 + wanted * 0.01, `${times.length} of ${wanted}`);
      assert.ok(spread(gapsOf(times)) <= (1 + 4 * jitter) * periodMs + 1, `gaps spread over ${spread(gapsOf(times))} ms, a frame's period is ${periodMs}`);
    }),
    { seed: 6, numRuns: 300 },
  );
});

test("variable rate: never more than allowed in any second, and all of what comes when less comes", () => {
  const gaps = fc.array(fc.oneof(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 100, max: 900 })), { minLength: 300, maxLength: 300 });
  fc.assert(
    fc.property(gaps, fc.integer({ min: 2, max: 20 }), (steps, maxFps) => {
      let now = 0;
      const times = steps.map((step) => (now += step));
      const seen = due(times, maxFps);
      for (const [i, from] of seen.entries()) {
        const within = seen.slice(i).findIndex((timeMs) => timeMs >= from + 1000);
        // One for the place of each end of the second.
        assert.ok((within < 0 ? seen.length - i : within) <= maxFps + 2, `more than ${maxFps} within a second from ${from} ms`);
      }
      assert.ok(seen.length <= (now * maxFps) / 1000 + 2, `${seen.length} in ${now} ms`);
      for (const [i, timeMs] of times.entries()) {
        if (timeMs - (times[i - 1] ?? -Infinity) > 2000 / maxFps) assert.ok(seen.includes(timeMs), "the first frame after a pause is due");
      }
    }),
    { seed: 7, numRuns: 200 },
  );
});

for (const [sourceFps, maxFps, everyNth, phase] of [[30, 5, 2, 1], [30, 10, 2, 1], [30, 15, 2, 0], [60, 8, 4, 3], [25, 4, 4, 2], [60, 10, 4, 1], [25, 10, 2, 1]] as const) {
  test(`${sourceFps} frames a second thinned to ${maxFps}, every ${everyNth}. preferred: all that are due are preferred ones, and as many as before`, () => {
    const isDue = pace(maxFps);
    const isPreferred = (i: number): boolean => i % everyNth === phase;
    const seen = steady(60, sourceFps).flatMap((timeMs, i) => (isDue(timeMs, isPreferred(i)) ? [i] : []));
    assert.ok(Math.abs(seen.length - 60 * maxFps) <= 1, `${seen.length} of ${60 * maxFps}`);
    assert.deepEqual(seen.slice(1).filter((i) => !isPreferred(i)), []);
  });
}

test("a jump in time, forward or back, costs no more than one gap, and gains no frame", () => {
  const isDue = pace(1);
  assert.deepEqual([0, 500, 1000, 90_000, 90_500, 91_000, 0, 500, 1000].map((timeMs) => isDue(timeMs)), [true, false, true, true, false, true, false, true, false]);
  for (const jumpMs of [-3_600_000, -5000, -1000, -200, -40, 40, 200, 5000, 3_600_000, 2 ** 33 / 90]) {
    const times = [...steady(20, 30), ...steady(20, 30, 20_000 + jumpMs)];
    const isAllowed = pace(7);
    const kept = times.map((timeMs) => isAllowed(timeMs));
    const after = kept.slice(600).filter(Boolean).length;
    assert.ok(Math.abs(after - 140) <= 2, `after a jump of ${jumpMs} ms ${after} of 140 were due`);
    // No silence longer than two gaps across the jump, in frames.
    const longest = Math.max(...kept.join(",").split("true").map((text) => text.split("false").length - 1));
    assert.ok(longest <= 10, `after a jump of ${jumpMs} ms ${longest} frames in a row were left out`);
  }
});

test("a source a little slower than the limit loses nothing, whatever its jitter", () => {
  const random = chance(3);
  const times = Array.from({ length: 3000 }, (_, i) => (i + (random() * 2 - 1) * 0.2) * (1000 / 29));
  assert.ok(due(times, 30).length >= 2995, `${due(times, 30).length} of 3000`);
});
