/** What is still to be done when the process ends, however it ends by its own will. */
const duties = new Set<() => void>();

/**
 * Notes what must not outlive this process: a child to be ended, a folder to be removed. It is done when the process
 * exits, or just before it kills itself, unless it was disposed of before. Must be synchronous; what it throws is lost.
 */
export function lastDuty(duty: () => void): Disposable {
  // One listener for all, since Node warns of more than ten.
  if (duties.size === 0) process.on("exit", doLastDuties);
  duties.add(duty);
  return {
    [Symbol.dispose]() {
      duties.delete(duty);
      if (duties.size === 0) process.off("exit", doLastDuties);
    },
  };
}

/** Does them all now: SIGKILL runs no exit listeners. */
export function doLastDuties(): void {
  for (const duty of duties) {
    try {
      duty();
    } catch {
      // The others are to be done all the same, and nobody is left to be told.
    }
  }
}
