/** Throws when something that our own code guarantees does not hold: a bug of ours, never bad input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`sightline invariant broken: ${message}`);
}

/** Makes a `switch` over a closed union exhaustive: adding a member without a case is a compile error. */
export function assertNever(value: never): never {
  throw new Error(`sightline invariant broken: unexpected value ${JSON.stringify(value)}`);
}
