import { once, type EventEmitter } from "node:events";

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
