import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { systemClock } from "../../src/core/clock.js";
import { openSession } from "../../src/session/index.js";
import { barsModel } from "../rig/bars-model.js";
import { collector, settings } from "../support/session.js";
import { temporaryFolder } from "../support/pool.js";
import { openPage, WAIT } from "./fixture.js";

export const SIZE = { widthPx: 320, heightPx: 180 };
export const BITS = 16;
/** Then it begins again, and so do the numbers, but not those of the frames. */
const CLIP_S = 12;

/** A clip whose frames carry their numbers as 16 bars over the whole width, the lowest bit on the left, white = 1. */
export async function writeNumberedClip(path: string, frames: number, fps: number): Promise<void> {
  const size = `${SIZE.widthPx}x${SIZE.heightPx}`;
  const args = ["-v", "error", "-f", "rawvideo", "-pix_fmt", "gray", "-s", size, "-r", String(fps), "-i", "-", "-c:v", "libx264", "-preset", "ultrafast", "-crf", "10", "-g", "25", "-pix_fmt", "yuv420p", "-y", path];
  const encoder = spawn("ffmpeg", args, { stdio: ["pipe", "ignore", "inherit"] });
  const ended = once(encoder, "exit");
  const row = Buffer.alloc(SIZE.widthPx);
  for (let frame = 0; frame < frames; frame += 1) {
    for (let bit = 0; bit < BITS; bit += 1) {
      const [from, to] = [bit, bit + 1].map((edge) => (edge * SIZE.widthPx) / BITS) as [number, number];
      row.fill((frame >> bit) & 1 ? 255 : 0, from, to);
    }
    if (!encoder.stdin.write(Buffer.concat(Array.from({ length: SIZE.heightPx }, () => row)))) await once(encoder.stdin, "drain");
  }
  encoder.stdin.end();
  const [status] = (await ended) as [number | null];
  if (status !== 0) throw new Error(`FFmpeg ended with status ${status} while it wrote ${path}`);
}

/** What the page drew in a run. */
export interface NumberedRun {
  readonly shown: number;
  /** Drawings whose pixels show another number than their boxes tell, or that are of no known frame. In words, at most a few. */
  readonly mismatches: readonly string[];
  readonly shownFps: number;
  readonly inferredFps: number;
  readonly inFps: number;
  /** Drawings of frames that nobody looked at. */
  readonly unlooked: number;
}

/** How to run. */
export interface NumberedOptions {
  /** Drawings to wait for. */
  readonly shown: number;
  readonly sourceFps: number;
  /** Work of each run of the model; see barsModel. */
  readonly loads: number;
}

interface Tally {
  numbers: { readonly frame: number; readonly number: number; readonly box: readonly number[] }[];
  atMs: number[];
  unlooked: number;
}

/** Reads the bars of each picture when it is drawn, in the page. Above all boxes: those lie in the middle. */
function countInPage(bits: number): void {
  const tally: Tally = { numbers: [], atMs: [], unlooked: 0 };
  Object.assign(window, { tally });
  window.addEventListener("sightline:drawn", (event) => {
    const drawn = (event as CustomEvent<NonNullable<typeof window.sightline.lastDrawn>>).detail;
    const { canvas, frame, boxes, lookedAt } = drawn;
    const line = canvas.getContext("2d")!.getImageData(0, Math.round(canvas.height * 0.06), canvas.width, 1).data;
    let number = 0;
    for (let bit = 0; bit < bits; bit += 1) {
      const x = Math.floor(((bit + 0.5) * canvas.width) / bits);
      if (line[4 * x]! > 128) number += 2 ** bit;
    }
    if (!lookedAt) tally.unlooked += 1;
    tally.numbers.push({ frame, number, box: boxes[0] ?? [] });
    tally.atMs.push(performance.now());
  });
}

/** Both edges of the box tell a byte of the number; see barsModel. */
function numberOfBox(box: readonly number[]): number {
  const [x1 = NaN, , x2 = NaN] = box;
  const step = SIZE.widthPx / 2 / 256;
  return Math.round(x1 / step) + 256 * Math.round((x2 - SIZE.widthPx / 2) / step - 1);
}

/** Work of the model that brings a machine to three times overload; a faster one needs more. */
const LOADS = [18, 44, 110, 270];

/** The same with a model so slow that at least three times more frames come than are inferred. */
export async function runOverloaded(t: TestContext, browser: Browser, shown: number): Promise<NumberedRun> {
  for (const loads of LOADS) {
    const run = await runNumbered(t, browser, { shown, sourceFps: 60, loads });
    if (run.inFps >= 3 * run.inferredFps) return run;
    t.diagnostic(`${run.inferredFps.toFixed(1)} of ${run.inFps.toFixed(1)} fps were inferred with ${loads} loads: no overload yet`);
  }
  throw new Error(`this machine is not overloaded by ${LOADS.at(-1)} products of matrices a frame`);
}

/** Runs a session on a numbered clip as if it were a camera, shows it in Chromium, and compares what is drawn. */
export async function runNumbered(t: TestContext, browser: Browser, { shown, sourceFps, loads }: NumberedOptions): Promise<NumberedRun> {
  const folder = temporaryFolder();
  const clip = join(folder, "numbers.mp4");
  await writeNumberedClip(clip, CLIP_S * sourceFps, sourceFps);
  const stop = new AbortController();
  const { sink, records } = collector();
  const options = settings({
    sources: [clip], model: { path: barsModel(folder, loads) }, source: { realtime: true, loop: true }, inference: { workers: 1 }, serve: { port: 0 },
  });
  await using session = await openSession(options, { signal: stop.signal, clock: systemClock, version: "test", notice: () => undefined, extraSinks: [sink] });
  const { page } = await openPage(t, browser, { url: session.url! });
  // The first pictures come while the page still lays itself out.
  await page.waitForFunction(() => window.sightline.drawings > 5, undefined, WAIT);
  const [fromRecord, before] = [records.length, session.stats()[0]!];
  await page.evaluate(countInPage, BITS);
  await page.waitForFunction((count) => (window as unknown as { tally: Tally }).tally.numbers.length >= count, shown, { timeout: 600_000 });
  const after = session.stats()[0]!;
  const tally = await page.evaluate(() => (window as unknown as { tally: Tally }).tally);
  stop.abort();
  await session.done;
  const seconds = (after.elapsedMs - before.elapsedMs) / 1000;
  const known = new Map(records.slice(Math.max(0, fromRecord - 200)).map((record) => [record.frame, record]));
  const wrong = tally.numbers.filter(({ frame, number, box }) => {
    const record = known.get(frame);
    return record?.outcome !== "detected" || number !== numberOfBox(box) || JSON.stringify(record.objects[0]?.box) !== JSON.stringify(box);
  });
  const span = (tally.atMs.at(-1)! - tally.atMs[0]!) / 1000;
  return {
    shown: tally.numbers.length,
    mismatches: wrong.slice(0, 5).map(({ frame, number, box }) => `frame ${frame} shows ${number}, its box says ${numberOfBox(box)}`),
    shownFps: (tally.atMs.length - 1) / span,
    inferredFps: (after.outcomes.detected - before.outcomes.detected) / seconds,
    inFps: (after.decoded - before.decoded) / seconds,
    unlooked: tally.unlooked,
  };
}
