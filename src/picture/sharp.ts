import type { default as MakeSharp, OverlayOptions, Sharp } from "sharp";
import { PipelineError } from "../core/errors.js";
import { inOwnWords } from "./own-words.js";

let loading: Promise<typeof MakeSharp> | undefined;

/**
 * The library, loaded with the first picture: who sees videos alone spares its start and its memory. One libvips thread a
 * call and no cache: frames come in streams, and the machine's cores belong to the model.
 */
function libvips(): Promise<typeof MakeSharp> {
  return (loading ??= import("sharp").then(({ default: sharp }) => {
    sharp.concurrency(1);
    sharp.cache(false);
    return sharp;
  }));
}

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
  const sharp = await libvips();
  const picture = sharp(Buffer.from(svg));
  const shaped = options.channels === 3 ? picture.flatten({ background: "#000" }).removeAlpha() : picture.ensureAlpha();
  const { data, info } = await shaped.raw().toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height, channels: options.channels };
}

/** A Gaussian blur of `sigmaPx` (0.3 or more). */
export async function blur(picture: RawPicture, sigmaPx: number): Promise<RawPicture> {
  return { ...picture, data: await (await fromRaw(picture)).blur(sigmaPx).raw().toBuffer() };
}

/** Encodes RGB pixels as a JPEG of `quality` 1..100. */
export async function encodeJpeg(picture: RawPicture, quality: number): Promise<Buffer> {
  return await (await fromRaw(picture)).jpeg({ quality }).toBuffer();
}

/** Brings a JPEG to another size and draws layers of that size over it. */
export async function redrawJpeg(
  jpeg: Uint8Array,
  { widthPx, heightPx, layers }: { readonly widthPx: number; readonly heightPx: number; readonly layers: readonly Layer[] },
  quality: number,
): Promise<Buffer> {
  const sharp = await libvips();
  const picture = sharp(jpeg).resize(widthPx, heightPx, { fit: "fill" });
  return await picture.composite(layers.map(compositeOf)).jpeg({ quality }).toBuffer();
}

/** Encodes pixels as a PNG. */
export async function encodePng(picture: RawPicture): Promise<Buffer> {
  return await (await fromRaw(picture)).png().toBuffer();
}

/** Reads any still picture sharp knows into RGB, turned as its EXIF tag says; transparency falls on black. */
export async function decodeStill(encoded: Uint8Array): Promise<RawPicture> {
  const { data, info } = await (await libvips())(encoded)
    .rotate()
    .flatten({ background: "#000" })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, widthPx: info.width, heightPx: info.height, channels: 3 };
}

async function fromRaw(picture: RawPicture): Promise<Sharp> {
  const sharp = await libvips();
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

/** What may be read: pictures of pixels. sharp would also draw documents (SVG), which may lead to other files. */
const READ_FORMATS = ["jpeg", "png", "webp", "gif", "tiff", "heif", "raw"];
/** Of a picture with more pixels nothing is read but its size: sharp's own limit, so large that only a bomb exceeds it. */
const MOST_PIXELS = 0x3fff * 0x3fff;
const MEGA = 1e6;

/**
 * Reads a still picture at the size that `fit` chooses for its own size (as it is shown: EXIF turn applied). Of a GIF the
 * first frame. Grey, CMYK and 16 bits become RGB of 8 bits; transparency falls on black. Big pictures are shrunk while
 * they are decoded.
 * mostPixels  a picture with more is refused before any of them is decoded
 * @throws PipelineError E_PICTURE_PIXELS, E_PICTURE when it is of no kind that is read; Error of sharp when the file is
 *         missing, no picture or broken; RangeError when there are not as many pixels as it says
 */
export async function readStill(
  still: Still,
  fit: (widthPx: number, heightPx: number) => { widthPx: number; heightPx: number },
  mostPixels = MOST_PIXELS,
): Promise<RgbPicture> {
  const { widthPx, heightPx } = await stillSize(still, mostPixels);
  const size = fit(widthPx, heightPx);
  const { data, info } = await inOwnWords(async () =>
    asRgb((await opened(still, mostPixels)).autoOrient().resize(size.widthPx, size.heightPx, { fit: "fill" }))
      .raw()
      .toBuffer({ resolveWithObject: true }),
  );
  return { data, widthPx: info.width, heightPx: info.height };
}

/** A layer over a picture: pixels with alpha of the picture's size, or an SVG document of it. */
export type Layer = RawPicture | string;

/**
 * A still picture at its own size as `readStill` sees it, with layers drawn over it, encoded as JPEG (`quality` 1..100) or PNG.
 * @throws as `readStill`
 */
export async function drawOnStill(path: string, layers: readonly Layer[], as: { readonly format: "jpeg"; readonly quality: number } | { readonly format: "png" }, mostPixels = MOST_PIXELS): Promise<Buffer> {
  await stillSize(path, mostPixels);
  return await inOwnWords(async () => {
    const drawn = asRgb((await opened(path, mostPixels)).autoOrient()).composite(layers.map(compositeOf));
    return (as.format === "png" ? drawn.png() : drawn.jpeg({ quality: as.quality, chromaSubsampling: "4:4:4" })).toBuffer();
  });
}

function compositeOf(layer: Layer): OverlayOptions {
  if (typeof layer === "string") return { input: Buffer.from(layer), limitInputPixels: false };
  return { input: Buffer.from(layer.data.buffer, layer.data.byteOffset, layer.data.length), raw: { width: layer.widthPx, height: layer.heightPx, channels: layer.channels } };
}

/** Its size as it is shown. Reads the header alone. */
async function stillSize(still: Still, mostPixels: number): Promise<{ widthPx: number; heightPx: number }> {
  const { autoOrient, format } = await inOwnWords(async () => (await opened(still, false)).metadata());
  const { width: widthPx, height: heightPx } = autoOrient;
  if (!READ_FORMATS.includes(format)) throw new PipelineError("E_PICTURE", `a picture of the kind ${format}; read are JPEG, PNG, WebP, AVIF, GIF and TIFF`);
  if (widthPx * heightPx > mostPixels) {
    throw new PipelineError("E_PICTURE_PIXELS", `${widthPx} x ${heightPx} = ${Math.ceil((widthPx * heightPx) / MEGA)} million pixels, allowed are ${Math.floor(mostPixels / MEGA)} million`);
  }
  return { widthPx, heightPx };
}

const asRgb = (picture: Sharp): Sharp => picture.flatten({ background: "#000" }).toColourspace("srgb").removeAlpha();

async function opened(still: Still, limitInputPixels: number | false): Promise<Sharp> {
  const sharp = await libvips();
  if (typeof still === "string" || still instanceof Uint8Array) return sharp(still, { limitInputPixels });
  const { data, widthPx, heightPx, channels } = still;
  const bytes = widthPx * heightPx * channels;
  if (data.length !== bytes) throw new RangeError(`${widthPx} x ${heightPx} pixels of ${channels} bytes are ${bytes} bytes, not ${data.length}`);
  return fromRaw(still);
}
