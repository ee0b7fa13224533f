/** Between which two pixels each of a row lies, and how near to the second one. */
export interface Taps {
  readonly low: Int32Array;
  readonly high: Int32Array;
  readonly weight: Float32Array;
}

/**
 * Bilinear sampling of `from` pixels at `to` places: half-pixel centres, edges repeated, no widening on downscale.
 * offset   added to the pixels' indexes
 * Source: PyTorch's `interpolate(mode="bilinear", align_corners=False)`.
 */
export function bilinear(from: number, to: number, offset: number): Taps {
  const taps = { low: new Int32Array(to), high: new Int32Array(to), weight: new Float32Array(to) };
  const scale = from / to;
  for (let i = 0; i < to; i += 1) {
    const place = Math.max(0, (i + 0.5) * scale - 0.5);
    const low = Math.min(Math.floor(place), from - 1);
    taps.low[i] = low + offset;
    taps.high[i] = Math.min(low + 1, from - 1) + offset;
    taps.weight[i] = Math.min(1, place - low);
  }
  return taps;
}
