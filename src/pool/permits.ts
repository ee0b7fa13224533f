/** A fixed number of permits, handed out first come first served. Pure bookkeeping: who waits is bounded by the streams. */
export interface Permits {
  take(): Promise<void>;
  give(): void;
}

/** Makes `count` permits. */
export function makePermits(count: number): Permits {
  let free = count;
  const waiting: (() => void)[] = [];
  return {
    take() {
      if (free === 0) return new Promise((resolve) => waiting.push(resolve));
      free -= 1;
      return Promise.resolve();
    },
    give() {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    },
  };
}
