/** First tries that are on. */
const underWay = new Set<Promise<unknown>>();
/** Settles when nothing is tried again any more. */
let again: Promise<unknown> = Promise.resolve();

/**
 * Does `work` with sharp, and makes sure that an error is told in its own words. libvips keeps one text for the errors of all
 * its threads: pictures that fail side by side are told with each other's. So what failed is tried again, alone: it waits
 * for those that are on, and others wait for it.
 */
export async function inOwnWords<T>(work: () => Promise<T>): Promise<T> {
  for (let seen: unknown; seen !== again; ) {
    seen = again;
    await again;
  }
  const first = work();
  underWay.add(first);
  try {
    return await first;
  } catch {
    const alone = again.then(async () => {
      await Promise.allSettled(underWay);
      return work();
    });
    again = alone.catch(() => undefined);
    return await alone;
  } finally {
    underWay.delete(first);
  }
}
