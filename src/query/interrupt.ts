import type { Clock } from "../core/clock.js";

/** What has only just been handed to the database does not hear the first time, ms. */
const AGAIN_MS = 20;

/** Once the signal is aborted, interrupts again and again until disposed. */
export function interruptOn(signal: AbortSignal, clock: Clock, interrupt: () => void): Disposable {
  let timer: Disposable | undefined;
  const begin = (): void => {
    interrupt();
    timer = clock.every(AGAIN_MS, interrupt);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener("abort", begin);
      timer?.[Symbol.dispose]();
    },
  };
}
