/** How often a condition is looked at, ms. */
const LOOK_MS = 5;
const DEFAULT_DEADLINE_MS = 60_000;

/** Settles when `holds` does. Rejects at the deadline, naming what was waited for. */
export async function until(holds: () => boolean, what: string, deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
  const startedMs = performance.now();
  while (!holds()) {
    if (performance.now() - startedMs > deadlineMs) throw new Error(`waited ${deadlineMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
