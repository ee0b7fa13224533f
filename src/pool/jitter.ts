/** A blocking wait of 0 to `upToMs`, different for every seed; nothing when 0. */
export function jitterWait(upToMs: number, seed: number): () => void {
  if (upToMs === 0) return () => undefined;
  const never = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let state = seed * 2654435761;
  return () => {
    // Linear congruential generator, Numerical Recipes' constants: chance without a clock.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    Atomics.wait(never, 0, 0, (state / 2 ** 32) * upToMs);
  };
}
