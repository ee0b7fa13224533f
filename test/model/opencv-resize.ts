/** An interleaved 8-bit picture with three channels. */
export interface Picture {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

const CHANNELS = 3;
/** OpenCV weighs with 11 bits. */
const WEIGHT_ONE = 2048;

interface Tap {
  readonly first: number;
  readonly second: number;
  readonly weights: readonly [number, number];
}

/** Half-pixel centres, no widening on downscale, edges repeated: a column there is taken whole, a row is weighed with itself. */
function taps(from: number, to: number, edgeIsWhole: boolean): Tap[] {
  return Array.from({ length: to }, (_, i) => {
    const centre = Math.fround((i + 0.5) * (from / to) - 0.5);
    const cell = Math.floor(centre);
    const inside = cell >= 0 && cell < from - 1;
    const rest = inside || !edgeIsWhole ? Math.fround(centre - cell) : 0;
    const within = (place: number): number => Math.min(Math.max(place, 0), from - 1);
    return { first: within(cell), second: within(cell + 1), weights: [weight(1 - rest), weight(rest)] };
  });
}

function weight(share: number): number {
  const scaled = Math.fround(Math.fround(share) * WEIGHT_ONE);
  const below = Math.floor(scaled);
  return scaled - below === 0.5 ? below + (below % 2) : Math.round(scaled);
}

/** `cv2.resize(picture, size, INTER_LINEAR)` for 8 bits, in its whole-number arithmetic. */
export function resizeLinear({ data, widthPx, heightPx }: Picture, toWidthPx: number, toHeightPx: number): Picture {
  const columns = taps(widthPx, toWidthPx, true);
  const out = new Uint8Array(toWidthPx * toHeightPx * CHANNELS);
  const across = (row: number, { first, second, weights }: Tap, channel: number): number =>
    data[(row * widthPx + first) * CHANNELS + channel]! * weights[0] +
    data[(row * widthPx + second) * CHANNELS + channel]! * weights[1];
  taps(heightPx, toHeightPx, false).forEach((row, y) =>
    columns.forEach((column, x) => {
      for (let channel = 0; channel < CHANNELS; channel += 1) {
        const upper = (row.weights[0] * (across(row.first, column, channel) >> 4)) >> 16;
        const lower = (row.weights[1] * (across(row.second, column, channel) >> 4)) >> 16;
        out[(y * toWidthPx + x) * CHANNELS + channel] = (upper + lower + 2) >> 2;
      }
    }),
  );
  return { data: out, widthPx: toWidthPx, heightPx: toHeightPx };
}
