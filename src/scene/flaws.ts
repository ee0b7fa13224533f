import { blur, decodeStill, encodeJpeg, type RawPicture } from "../picture/index.js";
import { seededRandom } from "./random.js";
import type { Flaws } from "./street.js";

/** Noise is read from a table, at a new place in each row: drawn anew it would take longer than the scene. */
const TABLE_SIZE = 1 << 16;

const noiseTable = makeNoiseTable();

/** Sums of three uniform numbers, scaled to a standard deviation of 1: close to a normal distribution. */
function makeNoiseTable(): Float32Array {
  const random = seededRandom(1);
  return Float32Array.from({ length: TABLE_SIZE }, () => (random.unit() + random.unit() + random.unit() - 1.5) * 2);
}

/** Does to an RGB picture what a camera does: its sensor's gain and noise (of this seed), its lens's blur, its JPEG. */
export async function applyFlaws(picture: RawPicture, flaws: Flaws, seed: number): Promise<RawPicture> {
  let result: RawPicture = { ...picture, data: expose(picture, flaws, seed) };
  if (flaws.blurPx > 0) result = await blur(result, flaws.blurPx);
  if (flaws.jpeg > 0) result = await decodeStill(await encodeJpeg(result, flaws.jpeg));
  return result;
}

function expose(picture: RawPicture, { gain, bias, noise }: Flaws, seed: number): Uint8Array {
  const random = seededRandom(seed);
  const { data } = picture;
  // A clamped array rounds and cuts to 0..255 by itself.
  const out = new Uint8ClampedArray(data.length);
  const rowSize = picture.widthPx * picture.channels;
  for (let row = 0; row < data.length; row += rowSize) {
    const offset = random.integer(0, TABLE_SIZE - 1);
    for (let i = row; i < row + rowSize; i++) {
      const grain = noise > 0 ? noise * (noiseTable[(offset + i - row) & (TABLE_SIZE - 1)] as number) : 0;
      out[i] = (data[i] as number) * gain + bias + grain;
    }
  }
  return new Uint8Array(out.buffer);
}
