import { distance } from "fastest-levenshtein";

/** How far two words are apart, in letters. Case and separators are the commonest mistakes and the least: `max_fps` is `maxFps`. */
export function apart(a = "", b = ""): number {
  const plain = (text: string): string => text.toLowerCase().replace(/[_-]/g, "");
  return distance(plain(a), plain(b)) + (a === b ? 0 : 0.1);
}

/** The item with the least cost; the first of several. `items` is not empty. */
export function leastBy<T>(items: readonly T[], cost: (item: T) => number): T {
  return items.map((item) => ({ item, cost: cost(item) })).reduce((best, next) => (next.cost < best.cost ? next : best)).item;
}
