import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { searchAll, densityText, type DensityRow } from "../../src/bench/density.js";
import type { CarriedLoad } from "../../src/bench/density-measure.js";
import { startCli } from "../support/cli.js";

const rowOf = (wantedFps: number): DensityRow => ({ wantedFps, scene: "busy", lever: null });

/** A machine that carries so many streams and no more. */
const loadOf = (streams: number, most: number): CarriedLoad => ({ streams, skippedShare: streams <= most ? 0 : 0.5, decodedShare: 1, cores: null, latencyMs: { p50: 1, p99: 2 }, peakMb: 3 });

interface Told {
  readonly progress: string[];
  readonly tried: string[];
}

function world(stop = new AbortController()): Told & { world: Parameters<typeof searchAll>[2] } {
  const told: Told = { progress: [], tried: [] };
  return { ...told, world: { signal: stop.signal, progress: (words) => void told.progress.push(words), tried: (words) => void told.tried.push(words) } };
}

test("the most streams a machine carries are found within the steps that were announced", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 300 }), async (most) => {
      const { world: one, progress, tried } = world();
      const [figure] = await searchAll([rowOf(5)], (streams) => Promise.resolve(loadOf(streams, most)), one);
      assert.deepEqual([figure?.carried?.streams ?? 0, figure?.tooMany?.streams], most >= 256 ? [256, undefined] : [most, most + 1]);
      const steps = progress.map((words) => /step (\d+) of at most (\d+)/.exec(words)?.slice(1).map(Number) ?? []);
      assert.deepEqual(steps.map(([n]) => n), progress.map((_, i) => i + 1));
      // What is left to do never grows, and the last step is within it.
      for (const [i, [, of = 0]] of steps.entries()) assert.ok(of >= progress.length && of <= (steps[i - 1]?.[1] ?? of), progress.join("\n"));
      assert.equal(tried.length, progress.length);
    }),
    { seed: 7, numRuns: 200 },
  );
});

test("a search that is stopped gives what it knows by then, and says that there may be more", async () => {
  const stop = new AbortController();
  const figures = await searchAll([rowOf(5), rowOf(15)], (streams, { wantedFps }) => {
    if (wantedFps === 5 || streams < 4) return Promise.resolve(loadOf(streams, 3));
    stop.abort();
    return Promise.reject(new Error("killed"));
  }, world(stop).world);
  assert.deepEqual(figures.map(({ wantedFps, carried, tooMany }) => [wantedFps, carried?.streams, tooMany?.streams]), [[5, 3, 4], [15, 2, undefined]]);
  const text = densityText({ machine: "m", command: "c", clip: "p", workers: 1, figures, complete: false });
  assert.match(text, /^5 fps wanted: 3 streams$/m);
  assert.match(text, /^15 fps wanted: at least 2 streams$/m);
  assert.match(text, /stopped before all was known\n$/);
});

test("a try that fails by itself ends the search with its error", async () => {
  await assert.rejects(searchAll([rowOf(5)], () => Promise.reject(new Error("no FFmpeg")), world().world), /no FFmpeg/);
});

test("bench --density that is interrupted prints what it has found", { timeout: 300_000 }, async () => {
  const { child, done, saying } = startCli(["bench", "--density", "--seconds", "1", "--workers", "1", "--json"], { timeoutMs: 280_000 });
  await saying(/step 1 of at most 16: with 1: .*missed/);
  child.kill("SIGINT");
  const { code, stdout, stderr } = await done;
  assert.equal(code, 130, stderr);
  const report = JSON.parse(stdout) as { complete: boolean; figures: { wantedFps: number }[] };
  assert.deepEqual([report.complete, report.figures[0]?.wantedFps], [false, 5]);
});
