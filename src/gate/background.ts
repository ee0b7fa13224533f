import { CHANGED, clusterFinder, MASKED, MOVING, QUIET } from "./clusters.js";
import { exposureMeter, type Exposure } from "./exposure.js";
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
/** What differs by fewer thresholds and only now may be rain or a leaf as well: the cell learns that it varies. */
const FAINT = 3;
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

/** What is known of each cell. */
interface Known {
  readonly mean: Float32Array;
  /** How far its values lie from the mean as a rule, levels. */
  readonly deviation: Float32Array;
  /** Of a changed cell: its difference in thresholds. */
  readonly excess: Float32Array;
  /** What a moving cell has been like, and since when, ms. */
  readonly anchor: Float32Array;
  readonly anchoredMs: Float64Array;
}

/** Makes a background of which nothing is known yet. `masked`: not 0 = that cell is not looked at. Everything is made here: a look allocates next to nothing. */
export function makeBackground(columns: number, rows: number, masked: Uint8Array, rule: MotionRule): Background {
  const size = columns * rows;
  const known: Known = { mean: new Float32Array(size), deviation: new Float32Array(size), excess: new Float32Array(size), anchor: new Float32Array(size), anchoredMs: new Float64Array(size) };
  let cells = new Uint8Array(size);
  let before = new Uint8Array(size);
  const meter = exposureMeter();
  const finder = clusterFinder(columns, rows);
  const openCells = masked.reduce((sum, one) => sum + (one === 0 ? 1 : 0), 0);
  let looks = 0;
  let learningSinceMs = 0;
  let lastMs = 0;

  function learnAnew(means: Float32Array, timeMs: number): Look {
    known.mean.set(means);
    known.deviation.fill(0);
    for (let i = 0; i < size; i += 1) cells[i] = masked[i] === 0 ? QUIET : MASKED;
    looks = 1;
    learningSinceMs = lastMs = timeMs;
    return UNSURE;
  }

  return {
    get cells() {
      return cells;
    },
    look(means, timeMs) {
      if (looks === 0) return learnAnew(means, timeMs);
      [cells, before] = [before, cells];
      const stepMs = Math.max(0, timeMs - lastMs);
      lastMs = timeMs;
      meter.measure(means, known.mean, masked);
      if (compare(known, cells, means, masked, meter.exposure, rule.floor) > OTHER_SCENE * openCells) return learnAnew(means, timeMs);
      const movingCells = finder.find(cells, before, known.excess, rule, stepMs <= NEAR_MS);
      follow(known, { cells, before, means, timeMs, share: Math.max(1 / (looks + 1), stepMs / (FOLLOW_MS + stepMs)), floor: rule.floor });
      looks += 1;
      if (looks <= LEARN_LOOKS || timeMs - learningSinceMs < LEARN_MS) return UNSURE;
      return movingCells > 0 ? { isUnsure: false, movingCells } : NOTHING_MOVES;
    },
  };
}

const UNSURE: Look = { isUnsure: true, movingCells: 0 };
const NOTHING_MOVES: Look = { isUnsure: false, movingCells: 0 };

/** Marks the cells that differ from the background, which follows the light; returns how many. */
function compare({ mean, deviation, excess }: Known, cells: Uint8Array, means: Float32Array, masked: Uint8Array, { offset, slope, size: step }: Exposure, floor: number): number {
  const caution = 1 + step / EXPOSURE_TOLERANCE;
  let changed = 0;
  for (let i = 0; i < cells.length; i += 1) {
    if (masked[i] !== 0) {
      cells[i] = MASKED;
      continue;
    }
    if (step > 0) mean[i] = Math.min(255, Math.max(0, mean[i]! + offset + slope * mean[i]!));
    const difference = Math.abs(means[i]! - mean[i]!);
    const threshold = caution * (floor + DEVIATIONS * Math.min(MOST_DEVIATION, deviation[i]!));
    cells[i] = difference > threshold ? CHANGED : QUIET;
    if (difference <= threshold) continue;
    changed += 1;
    excess[i] = difference / threshold;
  }
  return changed;
}

interface Step {
  readonly cells: Uint8Array;
  readonly before: Uint8Array;
  readonly means: Float32Array;
  readonly timeMs: number;
  /** How much of a difference the background takes over. */
  readonly share: number;
  readonly floor: number;
}

/** Takes the picture into the background; a moving cell only when it has been alike for long. */
function follow({ mean, deviation, excess, anchor, anchoredMs }: Known, { cells, before, means, timeMs, share, floor }: Step): void {
  const rise = Math.max(share, RISE);
  for (let i = 0; i < cells.length; i += 1) {
    if (cells[i] === MASKED) continue;
    const value = means[i]!;
    if (cells[i] !== MOVING) {
      const difference = value - mean[i]!;
      const further = Math.abs(difference) - deviation[i]!;
      deviation[i]! += further * (further > 0 ? rise : share);
      mean[i]! += difference * share;
    } else if (before[i] !== MOVING || Math.abs(value - anchor[i]!) > floor + deviation[i]!) {
      anchor[i] = value;
      anchoredMs[i] = timeMs;
      if (before[i] === QUIET && excess[i]! < FAINT) deviation[i]! += RISE * Math.max(0, Math.abs(value - mean[i]!) - deviation[i]!);
    } else if (timeMs - anchoredMs[i]! >= ABSORB_MS) {
      mean[i] = value;
    }
  }
}
