import sharp, { type Sharp } from "sharp";

// One libvips thread a call and no cache: frames come in streams, and the machine's cores belong to the model.
sharp.concurrency(1);
sharp.cache(false);

/** Pixels without a header: rows from the top, channels interleaved, 8 bits each. */
export interface RawPicture {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
  /** 3 = RGB, 4 = RGB and straight (not premultiplied) alpha. */
  readonly channels: 3 | 4;
}

/** Draws an SVG document at the size its root element states. With 3 channels the transparent parts come out black. */
export async function rasterise(svg: string, options: { readonly channels: 3 | 4 }): Promise<RawPicture> {
  const picture = sharp(Buffer.from(svg));
  const shaped = options.channels === 3 ? picture.flatten({ background: "#000" }).removeAlpha() : picture.ensureAlpha();
  const { data, info } = await shaped.raw().toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height, channels: options.channels };
}

/** A Gaussian blur of `sigmaPx` (0.3 or more). */
export async function blur(picture: RawPicture, sigmaPx: number): Promise<RawPicture> {
  return { ...picture, data: await fromRaw(picture).blur(sigmaPx).raw().toBuffer() };
}

/** Encodes RGB pixels as a JPEG of `quality` 1..100. */
export async function encodeJpeg(picture: RawPicture, quality: number): Promise<Buffer> {
  return await fromRaw(picture).jpeg({ quality }).toBuffer();
}

/** Brings a JPEG to another size and draws an SVG document of that size over it. */
export async function redrawJpeg(
  jpeg: Uint8Array,
  { widthPx, heightPx, svg }: { readonly widthPx: number; readonly heightPx: number; readonly svg?: string },
  quality: number,
): Promise<Buffer> {
  const picture = sharp(jpeg).resize(widthPx, heightPx, { fit: "fill" });
  const layers = svg === undefined ? [] : [{ input: Buffer.from(svg) }];
  return await picture.composite(layers).jpeg({ quality }).toBuffer();
}

/** Encodes pixels as a PNG. */
export async function encodePng(picture: RawPicture): Promise<Buffer> {
  return await fromRaw(picture).png().toBuffer();
}

/** Reads any still picture sharp knows into RGB, turned as its EXIF tag says; transparency falls on black. */
export async function decodeStill(encoded: Uint8Array): Promise<RawPicture> {
  const { data, info } = await sharp(encoded)
    .rotate()
    .flatten({ background: "#000" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height, channels: 3 };
}

function fromRaw(picture: RawPicture): Sharp {
  const raw = { width: picture.widthPx, height: picture.heightPx, channels: picture.channels };
  return sharp(picture.data, { raw });
}

/** Interleaved RGB, 8 bits. */
export interface RgbPicture {
  readonly data: Uint8Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A still picture: a file's path, the bytes of a file (JPEG, PNG and what else sharp knows), or pixels. */
export type Still = string | Uint8Array | RawPicture;

/**
 * Reads a still picture at the size that `fit` chooses for its own size (as it is shown: EXIF turn applied).
 * Transparency falls on black. Big pictures are shrunk while they are decoded.
 * @throws Error of sharp when the file is missing or no picture; RangeError when there are not as many pixels as it says
 */
export async function readStill(
  still: Still,
  fit: (widthPx: number, heightPx: number) => { widthPx: number; heightPx: number },
): Promise<RgbPicture> {
  const { autoOrient } = await opened(still).metadata();
  const size = fit(autoOrient.width, autoOrient.height);
  const { data, info } = await opened(still)
    .autoOrient()
    .resize(size.widthPx, size.heightPx, { fit: "fill" })
    .flatten({ background: "#000" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height };
}

function opened(still: Still): Sharp {
  if (typeof still === "string" || still instanceof Uint8Array) return sharp(still);
  const { data, widthPx, heightPx, channels } = still;
  const bytes = widthPx * heightPx * channels;
  if (data.length !== bytes) throw new RangeError(`${widthPx} x ${heightPx} pixels of ${channels} bytes are ${bytes} bytes, not ${data.length}`);
  return fromRaw(still);
}
