/** Takes the oldest entries away until at most `most` are left. An entry is as old as its insertion. */
export function keepNewest<K>(entries: { readonly size: number; keys(): Iterable<K>; delete(key: K): unknown }, most: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= most) return;
    entries.delete(oldest);
  }
}
