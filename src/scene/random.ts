/** Chance with a seed: the same seed gives the same numbers on every machine. */
export interface Random {
  /** Uniform in 0..1, 1 excluded. */
  unit(): number;
  /** Uniform between two bounds. */
  between(low: number, high: number): number;
  /** A whole number between two bounds, both included. */
  integer(low: number, high: number): number;
  /** One of the items, each equally likely. */
  pick<T>(items: readonly T[]): T;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** A seed for a stream of its own. */
  seed(): number;
}

/** Knuth's multiplicative hash constant (2^32 / golden ratio): spreads neighbouring seeds apart. */
const SPREAD = 2654435761;

/** The mulberry32 generator of Tommy Ettinger: 32 bits of state and a full period, good enough for pictures. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed, SPREAD) >>> 0 || 1;
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number): number => low + (high - low) * unit();
  return {
    unit,
    between,
    integer: (low, high) => Math.floor(between(low, high + 1)),
    pick: <T>(items: readonly T[]): T => items[Math.floor(unit() * items.length)] as T,
    chance: (probability) => unit() < probability,
    seed: () => Math.floor(unit() * 2 ** 31),
  };
}

/** The steps of the two-dimensional R2 sequence (Martin Roberts, 2018): powers of the inverse plastic number. */
const EVEN_STEPS = [0.7548776662466927, 0.5698402909980532] as const;

/**
 * A number in 0..1 for a seed, so that any run of neighbouring seeds fills 0..1 evenly. `axis` chooses one of two
 * independent sequences. For what any set of scenes must hold in fixed shares: the time of day, the view.
 */
export function evenShare(seed: number, axis: 0 | 1): number {
  return (0.5 + seed * EVEN_STEPS[axis]) % 1;
}

/** The entry of a table of shares (adding up to 1) that holds the place `at` in 0..1. */
export function entryAt<T>(table: readonly (readonly [entry: T, share: number])[], at: number): T {
  let reached = 0;
  for (const [entry, share] of table) {
    reached += share;
    if (at < reached) return entry;
  }
  return (table.at(-1) as readonly [T, number])[0];
}
