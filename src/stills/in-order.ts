/**
 * Works on items side by side, at most `atOnce` of them, and yields what comes of each in their order. An error is thrown
 * at its item's turn. Whoever leaves the loop waits for what is under way.
 */
export async function* inOrder<T, R>(items: Iterable<T>, atOnce: number, work: (item: T) => Promise<R>): AsyncGenerator<R, void, undefined> {
  const underWay: Promise<R>[] = [];
  try {
    for (const item of items) {
      const one = work(item);
      // Its error is thrown when its turn comes; until then nobody waits for it.
      one.catch(() => undefined);
      underWay.push(one);
      if (underWay.length >= atOnce) yield await underWay.shift()!;
    }
    while (underWay.length > 0) yield await underWay.shift()!;
  } finally {
    await Promise.allSettled(underWay);
  }
}
