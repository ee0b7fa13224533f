/** Steps of the histogram: differences from -255 to 255, one a level. */
const MOST = 255;
const BINS = 2 * MOST + 1;
/** Two halves whose brightness differs less say nothing about contrast. */
const LEAST_APART = 16;
/** Of fewer cells one thing may hide half. */
const LEAST_CELLS = 64;
/** Light changes contrast by less: beyond that it is another picture. */
const MOST_SLOPE = 0.6;
/** Below so much it is noise. */
const LEAST_STEP = 1;

/** What all of the picture did at once: `offset + slope * background`, in levels. */
export interface Exposure {
  offset: number;
  slope: number;
  /** How large it is in the middle, levels, 0 or more. */
  size: number;
}

/** Finds it. One for each stream: its memory is used again. */
export interface ExposureMeter {
  readonly exposure: Exposure;
  /**
   * Compares a picture with the background, both one value a cell, 0 to 255; cells with `masked` not 0 are left out.
   * A line through two points: the median difference of the darker cells and that of the brighter ones. So clouds, lamps and
   * the camera's own exposure are seen as what they are, unless something hides half of the picture.
   */
  measure(means: Float32Array, background: Float32Array, masked: Uint8Array): void;
}

/** Makes a meter. */
export function exposureMeter(): ExposureMeter {
  const dark = new Int32Array(BINS);
  const bright = new Int32Array(BINS);
  const exposure: Exposure = { offset: 0, slope: 0, size: 0 };
  return {
    exposure,
    measure(means, background, masked) {
      const middle = meanOf(background, masked);
      dark.fill(0);
      bright.fill(0);
      let [darkCells, brightCells, darkSum, brightSum] = [0, 0, 0, 0];
      for (let i = 0; i < means.length; i += 1) {
        if (masked[i] !== 0) continue;
        const level = background[i]!;
        const bin = Math.round(means[i]! - level) + MOST;
        if (level < middle) {
          dark[bin]! += 1;
          darkCells += 1;
          darkSum += level;
        } else {
          bright[bin]! += 1;
          brightCells += 1;
          brightSum += level;
        }
      }
      const darkStep = medianOf(dark, darkCells);
      const brightStep = medianOf(bright, brightCells);
      const [darkLevel, brightLevel] = [darkSum / Math.max(1, darkCells), brightSum / Math.max(1, brightCells)];
      const apart = darkCells > 0 && brightCells > 0 ? brightLevel - darkLevel : 0;
      exposure.slope = apart >= LEAST_APART ? (brightStep - darkStep) / apart : 0;
      exposure.offset = apart >= LEAST_APART ? darkStep - exposure.slope * darkLevel : (darkStep * darkCells + brightStep * brightCells) / Math.max(1, darkCells + brightCells);
      exposure.size = Math.max(Math.abs(darkStep), Math.abs(brightStep));
      if (means.length < LEAST_CELLS || exposure.size < LEAST_STEP || Math.abs(exposure.slope) > MOST_SLOPE) exposure.offset = exposure.slope = exposure.size = 0;
    },
  };
}

function meanOf(values: Float32Array, masked: Uint8Array): number {
  let [sum, count] = [0, 0];
  for (let i = 0; i < values.length; i += 1) {
    if (masked[i] !== 0) continue;
    sum += values[i]!;
    count += 1;
  }
  return sum / Math.max(1, count);
}

function medianOf(bins: Int32Array, count: number): number {
  let before = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    before += bins[bin]!;
    if (before > 0 && 2 * before >= count) return bin - MOST;
  }
  return 0;
}
