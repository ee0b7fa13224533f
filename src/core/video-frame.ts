/** A JPEG of one frame, for whoever watches. */
export interface VideoFrame {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  /** Media time, ms; null when the source has none. */
  readonly ptsMs: number | null;
  /** Size of the JPEG. Boxes are in the pixels of the source, whose size the frame's record has. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Whether the frame has or will have a record; if not, the picture carries no boxes and is marked. */
  readonly lookedAt: boolean;
  readonly jpeg: Uint8Array;
}

/** Version of the layout below. */
const VIDEO_FRAME_VERSION = 1;
/** Bit 0 of the flags: the frame was not looked at. */
const FLAG_NOT_LOOKED_AT = 1;
/** Bytes before the stream's name. */
const VIDEO_FRAME_HEADER_BYTES = 24;

/**
 * One binary message, all numbers little-endian:
 *
 *   byte  0  u8   version, 1
 *         1  u8   flags, bit 0 = not looked at; other bits 0, to be ignored
 *         2  u16  n, length of the stream's name in bytes
 *         4  u32  epoch
 *         8  u32  frame
 *        12  u16  width of the JPEG, px
 *        14  u16  height of the JPEG, px
 *        16  f64  media time, ms; NaN = none
 *        24  n bytes  name of the stream, UTF-8
 *      24+n  the JPEG, to the end
 *
 * Runs in Node and in the browser.
 */
export function encodeVideoFrame({ stream, epoch, frame, ptsMs, widthPx, heightPx, lookedAt, jpeg }: VideoFrame): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode(stream);
  const message = new Uint8Array(VIDEO_FRAME_HEADER_BYTES + name.length + jpeg.length);
  const view = new DataView(message.buffer);
  view.setUint8(0, VIDEO_FRAME_VERSION);
  view.setUint8(1, lookedAt ? 0 : FLAG_NOT_LOOKED_AT);
  view.setUint16(2, name.length, true);
  view.setUint32(4, epoch, true);
  view.setUint32(8, frame, true);
  view.setUint16(12, widthPx, true);
  view.setUint16(14, heightPx, true);
  view.setFloat64(16, ptsMs ?? Number.NaN, true);
  message.set(name, VIDEO_FRAME_HEADER_BYTES);
  message.set(jpeg, VIDEO_FRAME_HEADER_BYTES + name.length);
  return message;
}

/** Reads one binary message; its JPEG is a view of it. Undefined when it is of another version or cut off. */
export function decodeVideoFrame(message: ArrayBuffer): (VideoFrame & { readonly jpeg: Uint8Array<ArrayBuffer> }) | undefined {
  if (message.byteLength < VIDEO_FRAME_HEADER_BYTES) return undefined;
  const view = new DataView(message);
  const jpegAt = VIDEO_FRAME_HEADER_BYTES + view.getUint16(2, true);
  if (view.getUint8(0) !== VIDEO_FRAME_VERSION || message.byteLength < jpegAt) return undefined;
  const ptsMs = view.getFloat64(16, true);
  return {
    stream: new TextDecoder().decode(new Uint8Array(message, VIDEO_FRAME_HEADER_BYTES, jpegAt - VIDEO_FRAME_HEADER_BYTES)),
    epoch: view.getUint32(4, true),
    frame: view.getUint32(8, true),
    ptsMs: Number.isNaN(ptsMs) ? null : ptsMs,
    widthPx: view.getUint16(12, true),
    heightPx: view.getUint16(14, true),
    lookedAt: (view.getUint8(1) & FLAG_NOT_LOOKED_AT) === 0,
    jpeg: new Uint8Array(message, jpegAt),
  };
}
