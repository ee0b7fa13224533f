import assert from "node:assert/strict";
import { test } from "node:test";
import type { InferencePool, PoolAnswer } from "../../src/pool/index.js";
import { MODES, runStreamsOnNumbers } from "./four-streams.js";

const STREAMS = 4;
const FRAMES = { threads: 100_000, shared: 20_000, processes: 20_000 } as const;
const KILLS = 20;

/** Another one each time, so that more is seen; NUMBERS_SEED=N takes one again. NUMBERS_MODES=threads,shared looks at those alone. */
const SEED = Number(process.env["NUMBERS_SEED"] ?? process.hrtime.bigint() % 1_000_000n);
const modes = process.env["NUMBERS_MODES"]?.split(",") ?? MODES.map(({ mode }) => mode);

for (const fixture of MODES.filter(({ mode }) => modes.includes(mode))) {
  const deaths = fixture.kill ? ", workers that die" : "";
  const frames = FRAMES[fixture.mode];
  test(`mode ${fixture.mode}: ${frames} numbered frames of ${STREAMS} streams, random delays, epochs that change${deaths}: none swapped, repeated or unaccounted for`, async (t) => {
    t.diagnostic(`NUMBERS_SEED=${SEED}`);
    const beginMs = performance.now();
    const found = await runStreamsOnNumbers({ ...fixture, streams: STREAMS, framesOfEach: frames / STREAMS, seed: SEED, kills: KILLS });
    const { left, right, wrong, lost, epochs, overtakes, killed, replaced } = found;
    t.diagnostic(`${((performance.now() - beginMs) / 1000).toFixed(1)} s: ${right} right, lost ${JSON.stringify(lost)}, ${epochs} epochs, ${overtakes} answers overtook another, ${killed} killed, ${replaced} replaced`);
    const again = `NUMBERS_SEED=${SEED} NUMBERS_MODES=${fixture.mode}`;
    assert.deepEqual(wrong, [], again);
    assert.equal(left, frames, again);
    // A worker takes along what it had; all else has a result.
    const { E_WORKER_EXITED: died = 0, ...others } = lost;
    assert.deepEqual(others, {}, again);
    assert.ok(died <= 2 * killed, `${died} frames were lost with ${killed} workers; ${again}`);
    assert.equal(right + died, frames, again);
    // Without these the test would prove nothing.
    assert.ok(overtakes > frames / 100, `only ${overtakes} answers overtook another`);
    assert.ok(epochs > frames / 500, `only ${epochs} epochs`);
    if (fixture.kill) assert.ok(killed > KILLS / 4 && replaced > 0, `only ${killed} workers were killed, ${replaced} replaced`);
  });
}

/** Gives the thousandth task the answer of the one after it. */
function swapping(pool: InferencePool): InferencePool {
  let sent = 0;
  let first: ((other: Promise<PoolAnswer>) => void) | undefined;
  return {
    ...pool,
    run(task, released) {
      const mine = pool.run(task, released);
      sent += 1;
      if (sent < 1000 || sent > 1001) return mine;
      if (sent === 1000) return new Promise((resolve) => (first = resolve));
      first?.(mine);
      return mine;
    },
  };
}

test("found: of thousands one frame that is given the result of another", async () => {
  const [threads] = MODES;
  assert.ok(threads);
  const { wrong, right } = await runStreamsOnNumbers({ ...threads, streams: STREAMS, framesOfEach: 1000, seed: SEED, kills: 0, spoil: swapping });
  assert.match(wrong.join("\n"), /^stream \d: frame \d+ was given the result of \d+, its own is \d+$/);
  assert.equal(right, 4 * 1000 - 1);
});
