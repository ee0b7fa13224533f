/** What a cell of the picture does. */
export const QUIET = 0;
/** It differs from the background: alone, or only now. */
export const CHANGED = 1;
/** It differs and belongs to something that moves. */
export const MOVING = 2;
/** It is not looked at. */
export const MASKED = 3;

/** When changed cells that touch each other are something that moves. */
export interface ClusterRule {
  /** Fewer cells are nothing. */
  readonly leastCells: number;
  /** Sum of each cell's difference in thresholds; above it one look is enough, below it a third of the cells must have differed at the look before too: rain does not stay. */
  readonly strong: number;
}

/** Finds what moves among cells that differ. One for each grid: its memory is used again. */
export interface ClusterFinder {
  /**
   * Turns CHANGED into MOVING where the rule is met. Returns how many cells move.
   * cells     of this look, changed in place; `before`: of the look before
   * excess    each changed cell's difference in thresholds, 1 or more
   * staying   whether a weak cluster has to stay for two looks
   */
  find(cells: Uint8Array, before: Uint8Array, excess: Float32Array, rule: ClusterRule, staying: boolean): number;
}

/** Makes a finder for so many cells. Cells touch at edges and corners. */
export function clusterFinder(columns: number, rows: number): ClusterFinder {
  const members = new Int32Array(columns * rows);
  const seen = new Uint8Array(columns * rows);

  /** Collects the cluster of `first` in `members`; returns its size, and leaves its strength and how many of it differed before. */
  function collect(first: number, cells: Uint8Array, before: Uint8Array, excess: Float32Array): number {
    let count = 1;
    members[0] = first;
    seen[first] = 1;
    found.strength = 0;
    found.stayed = 0;
    for (let next = 0; next < count; next += 1) {
      const cell = members[next]!;
      found.strength += excess[cell]!;
      if (before[cell] === CHANGED || before[cell] === MOVING) found.stayed += 1;
      const row = Math.floor(cell / columns);
      const column = cell - row * columns;
      for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y += 1) {
        for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x += 1) {
          const near = y * columns + x;
          if (cells[near] !== CHANGED || seen[near] === 1) continue;
          seen[near] = 1;
          members[count] = near;
          count += 1;
        }
      }
    }
    return count;
  }
  const found = { strength: 0, stayed: 0 };

  return {
    find(cells, before, excess, { leastCells, strong }, staying) {
      seen.fill(0);
      let moving = 0;
      for (let first = 0; first < cells.length; first += 1) {
        if (cells[first] !== CHANGED || seen[first] === 1) continue;
        const count = collect(first, cells, before, excess);
        if (count < leastCells || (staying && 3 * found.stayed < count && found.strength < strong)) continue;
        for (let i = 0; i < count; i += 1) cells[members[i]!] = MOVING;
        moving += count;
      }
      return moving;
    },
  };
}
