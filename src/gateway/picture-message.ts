/** A JPEG of one frame, for whoever watches. */
export interface GatewayPicture {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  /** Media time; null when the source has none. */
  readonly ptsMs: number | null;
  /** Size of the JPEG. Boxes are in the pixels of the source, whose size the frame's record has. */
  readonly widthPx: number;
  readonly heightPx: number;
  /** Whether the frame has or will have a record; if not, the picture carries no boxes and is marked. */
  readonly lookedAt: boolean;
  readonly jpeg: Uint8Array;
}

/** Version of the layout below. */
export const PICTURE_VERSION = 1;
/** Bit 0 of the flags: the frame was not looked at. */
export const FLAG_NOT_LOOKED_AT = 1;
/** Bytes before the stream's name. */
export const PICTURE_HEADER_BYTES = 24;

/**
 * One binary message, all numbers little-endian:
 *
 *   byte  0  u8   version, 1
 *         1  u8   flags, bit 0 = not looked at
 *         2  u16  n, length of the stream's name in bytes
 *         4  u32  epoch
 *         8  u32  frame
 *        12  u16  width of the JPEG, px
 *        14  u16  height of the JPEG, px
 *        16  f64  media time, ms; NaN = none
 *        24  n bytes  name of the stream, UTF-8
 *      24+n  the JPEG, to the end
 */
export function encodePictureMessage(picture: GatewayPicture): Buffer {
  const name = Buffer.from(picture.stream);
  const header = Buffer.alloc(PICTURE_HEADER_BYTES);
  header.writeUInt8(PICTURE_VERSION, 0);
  header.writeUInt8(picture.lookedAt ? 0 : FLAG_NOT_LOOKED_AT, 1);
  header.writeUInt16LE(name.length, 2);
  header.writeUInt32LE(picture.epoch, 4);
  header.writeUInt32LE(picture.frame, 8);
  header.writeUInt16LE(picture.widthPx, 12);
  header.writeUInt16LE(picture.heightPx, 14);
  header.writeDoubleLE(picture.ptsMs ?? Number.NaN, 16);
  return Buffer.concat([header, name, picture.jpeg]);
}
