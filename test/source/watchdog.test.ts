import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LATE_TICK_MS, TICK_MS, watchStart, watchStep, type WatchFact, type WatchVerdict } from "../../src/source/watchdog.js";

const SEED = 20261124;
const LIMITS = { connectTimeoutMs: 2000, firstFrameTimeoutMs: 3000, silenceTimeoutMs: 4000 };
const EXPIRED: readonly WatchVerdict[] = ["connect_expired", "first_frame_expired", "silence_expired"];

/** A machine whose timer rings on time, and which can be told things in between. */
function watched() {
  const state = watchStart(0);
  let nowMs = 0;
  const step = (fact: WatchFact): WatchVerdict => watchStep(state, fact, nowMs, LIMITS);
  return {
    step,
    /** Ticks on time until `durationMs` have passed; gives back the verdicts that differ from the one before. */
    wait(durationMs: number): WatchVerdict[] {
      const verdicts: WatchVerdict[] = [];
      for (let passed = 0; passed < durationMs; passed += TICK_MS) {
        nowMs += TICK_MS;
        const verdict = step("tick");
        if (verdict !== verdicts.at(-1)) verdicts.push(verdict);
      }
      return verdicts;
    },
    /** Nothing runs for a while, not even the timer. */
    block: (durationMs: number) => void (nowMs += durationMs),
  };
}

test("each part of a connection has its own limit, and a fact starts the next one", () => {
  assert.deepEqual(watched().wait(2400), ["connecting", "connect_expired"]);
  const opened = watched();
  opened.wait(1800);
  opened.step("opened");
  assert.deepEqual(opened.wait(3000), ["connecting"]);
  assert.deepEqual(opened.wait(400), ["first_frame_expired"]);
  const flowing = watched();
  flowing.step("opened");
  flowing.wait(2800);
  assert.equal(flowing.step("frame"), "live");
  assert.deepEqual(flowing.wait(4400), ["live", "stalled", "silence_expired"]);
});

test("more than half of the silence limit is stalled, and a frame is live again", () => {
  const watch = watched();
  watch.step("frame");
  assert.deepEqual(watch.wait(2000), ["live"]);
  assert.deepEqual(watch.wait(200), ["stalled"]);
  assert.equal(watch.step("frame"), "live");
  assert.deepEqual(watch.wait(2000), ["live"]);
});

test("a late tick of our own is blocked, never silence: the whole limit runs anew after it", () => {
  for (const facts of [[], ["opened"], ["opened", "frame"]] as const) {
    const watch = watched();
    for (const fact of facts) watch.step(fact);
    watch.block(3_600_000);
    assert.equal(watch.step("tick"), "blocked");
    assert.deepEqual(watch.wait(1800).filter((verdict) => EXPIRED.includes(verdict)), []);
  }
});

test("words that come after frames change nothing", () => {
  const watch = watched();
  watch.step("frame");
  watch.wait(1000);
  assert.equal(watch.step("opened"), "live");
  assert.deepEqual(watch.wait(1200), ["live", "stalled"]);
});

/** Facts with the time that passes before each: mostly ticks on time, some late ones. */
const histories = fc.array(
  fc.record({
    fact: fc.oneof({ weight: 99, arbitrary: fc.constant<WatchFact>("tick") }, fc.constantFrom<WatchFact>("opened", "frame")),
    gapMs: fc.oneof({ weight: 99, arbitrary: fc.integer({ min: 0, max: 2 * TICK_MS }) }, fc.integer({ min: 0, max: 10_000 })),
  }),
  { minLength: 50, maxLength: 300, size: "max" },
);

test("a connection is given up only after a whole limit in which every tick was on time and nothing came", () => {
  const shortest = Math.min(...Object.values(LIMITS));
  let expired = 0;
  fc.assert(
    fc.property(histories, (history) => {
      const state = watchStart(0);
      let [nowMs, tickedMs, quietSinceMs] = [0, 0, 0];
      for (const { fact, gapMs } of history) {
        nowMs += gapMs;
        const verdict = watchStep(state, fact, nowMs, LIMITS);
        const late = fact === "tick" && nowMs - tickedMs > TICK_MS + LATE_TICK_MS;
        assert.equal(verdict === "blocked", late);
        if (late || fact === "frame") quietSinceMs = nowMs;
        if (EXPIRED.includes(verdict)) {
          expired += 1;
          assert.equal(fact, "tick");
          assert.ok(nowMs - quietSinceMs > shortest, `given up after ${nowMs - quietSinceMs} ms`);
        }
        if (fact === "tick") tickedMs = nowMs;
      }
    }),
    { seed: SEED, numRuns: 500 },
  );
  assert.ok(expired > 50, `only ${expired} connections were given up: the property says little`);
});

test("silence is always noticed: with ticks on time a quiet connection is given up one tick after its limit", () => {
  fc.assert(
    fc.property(histories, (history) => {
      const state = watchStart(0);
      let nowMs = 0;
      for (const { fact, gapMs } of history) watchStep(state, fact, (nowMs += gapMs), LIMITS);
      watchStep(state, "tick", nowMs, LIMITS);
      const longest = Math.max(...Object.values(LIMITS));
      let verdict: WatchVerdict = "live";
      for (let passed = 0; passed <= longest + TICK_MS; passed += TICK_MS) verdict = watchStep(state, "tick", (nowMs += TICK_MS), LIMITS);
      assert.ok(EXPIRED.includes(verdict), verdict);
    }),
    { seed: SEED, numRuns: 200 },
  );
});
