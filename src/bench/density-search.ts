import type { CarriedLoad } from "./density-measure.js";

/** What is known so far of one rate. */
export interface DensityFigure {
  readonly wantedFps: number;
  /** Where the search begins. Default: 1. */
  readonly firstTry?: number;
  /** The most streams that were carried; null when not even one was. */
  readonly carried: CarriedLoad | null;
  /** The fewest that were not; null when there were none. */
  readonly tooMany: CarriedLoad | null;
}

/** Streams beyond which nobody asks: a power of two, as the search doubles. */
const MOST_STREAMS = 256;
/** A machine carries its streams while no more than this share of the wanted frames is missed, and decoding keeps up as well. */
export const MISSED_SHARE = 0.01;

/** How many streams to try next: doubles until it fails, then halves the distance. null = it is known. Pure. */
export function nextTry({ carried, tooMany, firstTry = 1 }: DensityFigure): number | null {
  const least = carried?.streams ?? 0;
  if (tooMany !== null) return tooMany.streams - least <= 1 ? null : Math.floor((least + tooMany.streams) / 2);
  if (least === 0) return firstTry;
  return 2 * least <= MOST_STREAMS ? 2 * least : null;
}

/** Most tries that may still be needed. Pure. */
export function triesLeft(figure: DensityFigure): number {
  const next = nextTry(figure);
  if (next === null) return 0;
  const { carried, tooMany } = figure;
  if (tooMany !== null) return Math.ceil(Math.log2(tooMany.streams - (carried?.streams ?? 0)));
  const doublings = 1 + Math.floor(Math.log2(MOST_STREAMS / next));
  // The worst is that only the last doubling fails: then the distance is half of it.
  return doublings + Math.log2(MOST_STREAMS / 2);
}

/** Takes what a try gave. Pure. */
export function learned(figure: DensityFigure, load: CarriedLoad): DensityFigure {
  const isCarried = load.skippedShare <= MISSED_SHARE && load.decodedShare >= 1 - MISSED_SHARE;
  return isCarried ? { ...figure, carried: load } : { ...figure, tooMany: load };
}
