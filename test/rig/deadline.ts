import { once, type EventEmitter } from "node:events";

/** How often `eventually` looks. */
const LOOK_EVERY_MS = 20;

/**
 * The promise, or a rejection that says what did not come in time.
 * @param what in words that follow "no": "frame from the camera"
 */
export async function within<T>(limitMs: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} within ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Settles when an emitter tells an event; rejects after the limit. */
export function told(emitter: EventEmitter, event: string, limitMs: number): Promise<unknown[]> {
  return within(limitMs, `"${event}"`, once(emitter, event) as Promise<unknown[]>);
}

/**
 * For what tells no event (a process that is gone, a descriptor that was closed): looks until it is so.
 * @param look whether it is so
 * @param what in words that follow "no"; called for the message
 */
export async function eventually(limitMs: number, what: () => string, look: () => boolean): Promise<void> {
  const startedMs = performance.now();
  while (!look()) {
    if (performance.now() - startedMs > limitMs) throw new Error(`no ${what()} within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}
