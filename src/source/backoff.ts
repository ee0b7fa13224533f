/** How long to wait between two tries to connect, ms. */
export interface BackoffLimits {
  /** Greatest wait after the first failure; doubled with each further one. */
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}

/**
 * Least wait where it takes a person to change something, ms: a wrong password tried every second can lock an account.
 * Never more than `backoffMaxMs`.
 */
export const SLOW_MIN_MS = 30_000;

/**
 * The wait before the next try, ms. Pure. Full jitter: anything between 0 and the ceiling is as likely, so that a
 * hundred streams of one server that came back do not come at once
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). The slow kind is jittered above its floor.
 *
 * @param failures tries that failed since the last healthy connection, this one included: 1, 2, ...
 * @param random 0 (inclusive) to 1
 */
export function backoffMs(failures: number, kind: "soon" | "slow", random: number, { backoffMinMs, backoffMaxMs }: BackoffLimits): number {
  const floorMs = kind === "slow" ? Math.min(SLOW_MIN_MS, backoffMaxMs) : 0;
  const firstMs = kind === "slow" ? 2 * SLOW_MIN_MS : backoffMinMs;
  const ceilingMs = Math.min(backoffMaxMs, firstMs * 2 ** (failures - 1));
  return floorMs + random * (Math.max(floorMs, ceilingMs) - floorMs);
}
