/** What the three planes of a picture mean. */
export interface YuvColours {
  /** `limited`: black is 16 and white 235, as in most video. `full`: 0 and 255, as in JPEG. */
  readonly range: "limited" | "full";
  readonly matrix: "bt601" | "bt709" | "bt2020";
}

/** Shares of red and blue in the luma: ITU-R BT.601, BT.709, BT.2020 (non-constant luminance). */
const LUMA_SHARES = { bt601: [0.299, 0.114], bt709: [0.2126, 0.0722], bt2020: [0.2627, 0.0593] } as const;

/** 16-bit fixed point. */
const ONE = 1 << 16;
const HALF = ONE >> 1;

/**
 * 4:2:0 planes to interleaved RGB of the full range.
 * yuv  Y plane w x h, then U and V, each ceil(w/2) x ceil(h/2);  rgb  at least w x h x 3, overwritten
 */
export function yuv420ToRgb(yuv: Uint8Array, colours: YuvColours, widthPx: number, heightPx: number, rgb: Uint8Array): void {
  const { black, luma, redV, greenU, greenV, blueU } = factors(colours);
  const chromaWidth = (widthPx + 1) >> 1;
  const uStart = widthPx * heightPx;
  const vStart = uStart + chromaWidth * ((heightPx + 1) >> 1);
  const out = new Uint8ClampedArray(rgb.buffer, rgb.byteOffset, rgb.length);
  let to = 0;
  for (let y = 0; y < heightPx; y += 1) {
    const row = y * widthPx;
    const chromaRow = (y >> 1) * chromaWidth;
    for (let x = 0; x < widthPx; x += 1) {
      const light = (yuv[row + x]! - black) * luma + HALF;
      const u = yuv[uStart + chromaRow + (x >> 1)]! - 128;
      const v = yuv[vStart + chromaRow + (x >> 1)]! - 128;
      out[to] = (light + redV * v) >> 16;
      out[to + 1] = (light - greenU * u - greenV * v) >> 16;
      out[to + 2] = (light + blueU * u) >> 16;
      to += 3;
    }
  }
}

/** Y = kr R + kg G + kb B, U and V the scaled differences from it: solved for R, G and B. */
function factors({ range, matrix }: YuvColours) {
  const [kr, kb] = LUMA_SHARES[matrix];
  const kg = 1 - kr - kb;
  const [lumaSteps, chromaSteps, black] = range === "full" ? [255, 255, 0] : [219, 224, 16];
  const fixed = (value: number): number => Math.round((value * 255 * ONE) / chromaSteps);
  return {
    black,
    luma: Math.round((255 * ONE) / lumaSteps),
    redV: fixed(2 * (1 - kr)),
    greenU: fixed((2 * (1 - kb) * kb) / kg),
    greenV: fixed((2 * (1 - kr) * kr) / kg),
    blueU: fixed(2 * (1 - kb)),
  };
}

/** A colour as the planes of a video have it, 8 bits each. */
export type Yuv = readonly [y: number, u: number, v: number];

/** `#rrggbb` as Y, U and V of such planes. */
export function yuvOf(rgb: string, { range, matrix }: YuvColours): Yuv {
  const [r, g, b] = [1, 3, 5].map((at) => Number.parseInt(rgb.slice(at, at + 2), 16) / 255) as [number, number, number];
  const [kr, kb] = LUMA_SHARES[matrix];
  const light = kr * r + (1 - kr - kb) * g + kb * b;
  const [lumaSteps, chromaSteps, black] = range === "full" ? [255, 255, 0] : [219, 224, 16];
  const chroma = (difference: number): number => Math.max(0, Math.min(255, Math.round(128 + chromaSteps * difference)));
  return [Math.round(black + lumaSteps * light), chroma((b - light) / (2 * (1 - kb))), chroma((r - light) / (2 * (1 - kr)))];
}
