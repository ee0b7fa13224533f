import { makePermits } from "../../src/pool/permits.js";

/** A stream that asks for permits as a live one does: at most one frame waits, the newest. */
export interface Demand {
  readonly weight: number;
  readonly rateFps: number;
  /** The frames of this time, ms, are the only ones. Default: all the time. */
  readonly fromMs?: number;
}

/** A pool that takes `serviceMs` for each frame, give or take `jitter` of it, and how long it is watched. */
export interface Load {
  readonly streams: readonly Demand[];
  readonly workers: number;
  readonly serviceMs: number;
  /** Share of a service time or half a frame period by which moments are off, 0..1. */
  readonly jitter: number;
  readonly durationMs: number;
  readonly seed: number;
}

/** One permit that was given. */
export interface Grant {
  readonly stream: number;
  readonly atMs: number;
}

/** Numbers from 0 to 1 by a seed (Numerical Recipes' generator). */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Plays a load on the real permits in a time of its own; returns every permit given, in order. */
export async function playLoad({ streams, workers, serviceMs, jitter, durationMs, seed }: Load): Promise<Grant[]> {
  const permits = makePermits(workers);
  const random = chance(seed);
  const off = (): number => jitter * (random() * 2 - 1);
  const events: { atMs: number; happens: () => void }[] = [];
  const at = (atMs: number, happens: () => void): void => {
    const place = events.findLastIndex((event) => event.atMs <= atMs);
    events.splice(place + 1, 0, { atMs, happens });
  };
  const grants: Grant[] = [];
  let nowMs = 0;

  streams.forEach(({ weight, rateFps, fromMs = 0 }, stream) => {
    permits.weigh(stream, weight);
    let isWaiting = false;
    let isAsking = false;
    const ask = (): void => {
      if (isAsking || !isWaiting) return;
      isAsking = true;
      void permits.take(stream).then(() => {
        isAsking = isWaiting = false;
        grants.push({ stream, atMs: nowMs });
        at(nowMs + serviceMs * (1 + off()), () => permits.give());
      });
    };
    const periodMs = 1000 / rateFps;
    const arrive = (plannedMs: number): void => {
      at(Math.max(nowMs, plannedMs + (periodMs / 2) * off()), () => {
        isWaiting = true;
        ask();
        arrive(plannedMs + periodMs);
      });
    };
    arrive(fromMs + random() * periodMs);
  });

  for (let event = events.shift(); event && event.atMs <= durationMs; event = events.shift()) {
    nowMs = event.atMs;
    event.happens();
    // Promises settle before the next event: a permit given now is taken now.
    await Promise.resolve();
    await Promise.resolve();
  }
  return grants;
}
