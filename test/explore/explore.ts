/**
 * Something that moves in steps, whose order is not fixed. Made anew for each order that is tried, so the same steps must
 * lead to the same state. Every method throws when something does not hold that always must.
 */
export interface World<Step> {
  /** What may happen next; nothing at the end. */
  steps(): readonly Step[];
  take(step: Step): void;
  /** All that decides what can still happen: two states with one key are one state. */
  key(): string;
  /** Looks at a state in which nothing can happen any more: a deadlock is such a one too. */
  ended(): void;
}

/** How much was looked at. */
export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** States in which nothing can happen any more. */
  readonly ends: number;
  /** Steps of the longest way. */
  readonly depth: number;
}

/** An order of steps after which something does not hold. `cause` says what. */
export class Counterexample extends Error {
  override readonly name = "Counterexample";
  constructor(
    readonly steps: readonly unknown[],
    cause: unknown,
  ) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`${why}\nafter ${steps.length} steps:\n  ${steps.map((step) => JSON.stringify(step)).join("\n  ")}`, { cause });
  }
}

/** More is no search any more but a hang of the tests. */
const MOST_STATES = 3_000_000;

/**
 * Visits every state that any order of steps leads to. A state is brought back by taking its steps again in a new world:
 * so the code that is looked at may keep its state wherever it likes.
 * @throws Counterexample when something does not hold
 */
export function explore<Step>(make: () => World<Step>): Explored {
  const seen = new Set<string>();
  const path: Step[] = [];
  const found = { states: 0, transitions: 0, ends: 0, depth: 0 };

  function checked<T>(look: () => T): T {
    try {
      return look();
    } catch (cause) {
      throw new Counterexample(path, cause);
    }
  }

  function again(): World<Step> {
    const world = make();
    for (const step of path) world.take(step);
    return world;
  }

  /** `world` is where `path` leads, and is used up. */
  function visit(world: World<Step>): void {
    const known = seen.size;
    if (seen.add(world.key()).size === known) return;
    if (seen.size > MOST_STATES) throw new Error(`more than ${MOST_STATES} states`);
    found.depth = Math.max(found.depth, path.length);
    const steps = checked(() => world.steps());
    if (steps.length === 0) {
      found.ends += 1;
      checked(() => world.ended());
    }
    for (const [i, step] of steps.entries()) {
      const next = i === steps.length - 1 ? world : again();
      path.push(step);
      found.transitions += 1;
      checked(() => next.take(step));
      visit(next);
      path.pop();
    }
  }

  visit(checked(make));
  return { ...found, states: seen.size };
}

/** One line for the log. */
export function toldOf({ states, transitions, ends, depth }: Explored): string {
  return `${states} states, ${transitions} transitions, ${ends} ends, ${depth} steps at most`;
}
