import { CHANGED, clusterFinder, MASKED, MOVING, QUIET } from "./clusters.js";
import { exposureMeter } from "./exposure.js";
import type { MotionRule } from "./sensitivity.js";

/** How fast the background follows what does not move, ms: what changes slower than this is light. */
const FOLLOW_MS = 5000;
/** Something that came and does not change any more becomes background after so long, ms. */
const ABSORB_MS = 10_000;
/** At first the background is a mean of what was seen. So long, and so many looks, nothing can be said for sure. */
const LEARN_MS = 1000;
const LEARN_LOOKS = 8;
/** A deviation rises towards a greater difference by this share a look, and falls as slowly as the background follows. */
const RISE = 0.1;
/** A greater deviation counts as this one, levels: where much moves, it must not be blind. */
const MOST_DEVIATION = 4;
/** Thresholds above the floor, in deviations. */
const DEVIATIONS = 4;
/** Where the whole picture got brighter or darker by so many levels, thresholds are twice as high for that look. */
const EXPOSURE_TOLERANCE = 12;
/** More of the cells changed at once: another scene, not something in it. */
const OTHER_SCENE = 0.6;
/** Looks that are further apart can't wait for a second one, ms. */
const NEAR_MS = 120;

/** What a look saw. */
export interface Look {
  /** The background is not known yet, or was lost: nothing can be said. */
  readonly isUnsure: boolean;
  /** Cells that belong to something that moves. */
  readonly movingCells: number;
}

/** The still part of a stream's pictures, and what differs from it. */
export interface Background {
  /** What each cell did at the last look: QUIET, CHANGED, MOVING or MASKED. Valid until the next one. */
  readonly cells: Uint8Array;
  /** means: one a cell, 0 to 255; `timeMs` never goes back. */
  look(means: Float32Array, timeMs: number): Look;
}

/** Makes a background of which nothing is known yet. `masked`: not 0 = that cell is not looked at. Everything is made here: a look allocates next to nothing. */
export function makeBackground(columns: number, rows: number, masked: Uint8Array, rule: MotionRule): Background {
  const size = columns * rows;
  const mean = new Float32Array(size);
  const deviation = new Float32Array(size);
  const excess = new Float32Array(size);
  /** What a moving cell has been like, and since when. */
  const anchor = new Float32Array(size);
  const anchoredMs = new Float64Array(size);
  let cells = new Uint8Array(size);
  let before = new Uint8Array(size);
  const meter = exposureMeter();
  const finder = clusterFinder(columns, rows);
  const openCells = masked.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0);
  let looks = 0;
  let learningSinceMs = 0;
  let lastMs = 0;

  function learnAnew(means: Float32Array, timeMs: number): void {
    mean.set(means);
    deviation.fill(0);
    cells.fill(QUIET);
    looks = 1;
    learningSinceMs = lastMs = timeMs;
  }

  /** Marks the cells that differ from the background, which follows the light; returns how many. */
  function compare(means: Float32Array): number {
    meter.measure(means, mean, masked);
    const { offset, slope, size: step } = meter.exposure;
    const caution = 1 + step / EXPOSURE_TOLERANCE;
    let changed = 0;
    for (let i = 0; i < size; i += 1) {
      if (masked[i] !== 0) {
        cells[i] = MASKED;
        continue;
      }
      if (step > 0) mean[i] = Math.min(255, Math.max(0, mean[i]! + offset + slope * mean[i]!));
      const difference = Math.abs(means[i]! - mean[i]!);
      const threshold = caution * (rule.floor + DEVIATIONS * Math.min(MOST_DEVIATION, deviation[i]!));
      const differs = difference > threshold;
      cells[i] = differs ? CHANGED : QUIET;
      if (!differs) continue;
      changed += 1;
      excess[i] = difference / threshold;
    }
    return changed;
  }

  function follow(means: Float32Array, timeMs: number, stepMs: number): void {
    const share = Math.max(1 / (looks + 1), stepMs / (FOLLOW_MS + stepMs));
    for (let i = 0; i < size; i += 1) {
      if (cells[i] === MASKED) continue;
      if (cells[i] === MOVING) {
        settle(i, means[i]!, timeMs);
        continue;
      }
      const difference = means[i]! - mean[i]!;
      const further = Math.abs(difference) - deviation[i]!;
      deviation[i]! += further * (further > 0 ? Math.max(share, RISE) : share);
      mean[i]! += difference * share;
    }
  }

  /** A moving cell becomes background when it has been alike for long. */
  function settle(i: number, value: number, timeMs: number): void {
    const isNew = before[i] !== MOVING;
    if (isNew || Math.abs(value - anchor[i]!) > rule.floor + deviation[i]!) {
      anchor[i] = value;
      anchoredMs[i] = timeMs;
    } else if (timeMs - anchoredMs[i]! >= ABSORB_MS) {
      mean[i] = value;
    }
  }

  return {
    get cells() {
      return cells;
    },
    look(means, timeMs) {
      if (looks === 0) {
        learnAnew(means, timeMs);
        for (let i = 0; i < size; i += 1) if (masked[i] !== 0) cells[i] = MASKED;
        return UNSURE;
      }
      [cells, before] = [before, cells];
      const stepMs = Math.max(0, timeMs - lastMs);
      lastMs = timeMs;
      const changed = compare(means);
      if (changed > OTHER_SCENE * openCells) {
        learnAnew(means, timeMs);
        return UNSURE;
      }
      const movingCells = finder.find(cells, before, excess, rule, stepMs <= NEAR_MS);
      follow(means, timeMs, stepMs);
      looks += 1;
      return looks <= LEARN_LOOKS || timeMs - learningSinceMs < LEARN_MS ? { isUnsure: true, movingCells } : movingCells > 0 ? { isUnsure: false, movingCells } : NOTHING_MOVES;
    },
  };
}

const UNSURE: Look = { isUnsure: true, movingCells: 0 };
const NOTHING_MOVES: Look = { isUnsure: false, movingCells: 0 };
