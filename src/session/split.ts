/**
 * Divides `workers` threads between models by weight: each gets one at least, the rest goes by largest remainder. With
 * more models than workers each gets one all the same, so the sum may be greater than `workers`. Pure.
 */
export function splitWorkers(workers: number, weights: readonly number[]): number[] {
  if (weights.length === 0) return [];
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const due = weights.map((weight) => (workers * weight) / total);
  const split = due.map((share) => Math.max(1, Math.floor(share)));
  for (let left = workers - split.reduce((sum, n) => sum + n, 0); left > 0; left -= 1) {
    const lacks = split.map((n, i) => (due[i] ?? 0) - n);
    const neediest = lacks.indexOf(Math.max(...lacks));
    split[neediest] = (split[neediest] ?? 0) + 1;
  }
  return taken(split, workers, due);
}

/** Models that got their one thread out of nothing take it from those that have most beyond what they are due. */
function taken(split: number[], workers: number, due: readonly number[]): number[] {
  for (let over = split.reduce((sum, n) => sum + n, 0) - workers; over > 0; over -= 1) {
    const spare = split.map((n, i) => (n > 1 ? n - (due[i] ?? 0) : -Infinity));
    const richest = spare.indexOf(Math.max(...spare));
    if ((split[richest] ?? 0) <= 1) break;
    split[richest] = (split[richest] ?? 0) - 1;
  }
  return split;
}
