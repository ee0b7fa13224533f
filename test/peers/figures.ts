import { spread, type Spread } from "../../src/bench/rounds.js";
import { dueAtMs } from "./live-server.js";
import type { Run, Seen } from "./runner.js";

/** One run on the file. */
export interface Timed {
  /** From when every stream has given its first result to the last one, frames of all streams together. */
  readonly fps: number;
  /** From the start of the process to its first result. */
  readonly firstMs: number;
  readonly peakMb: number;
  readonly frames: number;
}

/** One run on the live stream. */
export interface Lag {
  /** Result minus the time that its frame was due, median over the last second, ms. */
  readonly lagMs: number;
  /** Frames looked at each second, of 30. */
  readonly seenFps: number;
  /** How long after the first result that was, s. */
  readonly afterSeconds: number;
}

/** Steady state counts: what comes before each stream's first result is told apart. */
export function timed({ seen, startedAtMs, peakMb }: Run): Timed {
  const begin = Math.max(...[...new Set(seen.map(({ stream }) => stream))].map((one) => seen.findIndex(({ stream }) => stream === one)));
  const spanMs = seen.at(-1)!.atMs - seen[begin]!.atMs;
  return { fps: ((seen.length - 1 - begin) * 1000) / spanMs, firstMs: seen[0]!.atMs - startedAtMs, peakMb, frames: seen.length };
}

const LAST_MS = 1000;

/** A picture's own number tells which frame it is; sightline's records count them, the skipped ones too. */
export function lagOf({ seen }: Pick<Run, "seen">, beganAtMs: number): Lag {
  const firstAtMs = seen[0]!.atMs;
  const lastAtMs = seen.at(-1)!.atMs;
  const late = seen.filter(({ atMs }) => lastAtMs - atMs <= LAST_MS).map(({ atMs, frame, number }) => atMs - dueAtMs(beganAtMs, number ?? frame));
  const seconds = (lastAtMs - firstAtMs) / 1000;
  return { lagMs: spread(late).median, seenFps: (seen.length - 1) / seconds, afterSeconds: seconds };
}

/** What is wrong with the frames of a run; null when each stream's are 0, 1, 2, ... and all together `wanted`. */
export function framesWrong(seen: readonly Seen[], wanted: number): string | null {
  const next = new Map<number, number>();
  for (const { stream, frame } of seen) {
    const expected = next.get(stream) ?? 0;
    if (frame !== expected) return `frame ${frame} of stream ${stream} came where ${expected} was due`;
    next.set(stream, expected + 1);
  }
  return seen.length === wanted ? null : `${seen.length} frames came, ${wanted} were due`;
}

/** How many objects two runs found on the same frames: mean of the differences, frame by frame. */
export function objectsApart(one: readonly Seen[], other: readonly Seen[]): number {
  const counts = new Map(other.map(({ frame, objects }) => [frame, objects]));
  return one.reduce((sum, { frame, objects }) => sum + Math.abs(objects - (counts.get(frame) ?? 0)), 0) / one.length;
}

/** Resizing differs by a library, and a score near the least by that: some objects come and go. More than this a frame is something else. */
const MOST_APART = 0.5;

/** What is wrong with the objects of a run; null when there are some, and about as many as sightline's. */
export function objectsWrong(objects: number, apart: number): string | null {
  if (objects === 0) return "it found nothing";
  return apart <= MOST_APART ? null : `its objects are ${apart.toFixed(2)} a frame from sightline's`;
}

export type { Spread };
