/** A picture as it came over the socket. The layout is written down beside the encoder, in ../picture-message.ts. */
export interface PictureMessage {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  /** Size of the JPEG; the boxes' space is the size in the frame's record. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly lookedAt: boolean;
  /** The JPEG; a view of the message. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
}

const VERSION = 1;
const FLAG_NOT_LOOKED_AT = 1;
const HEADER_BYTES = 24;

/** Reads one binary message; undefined when it is of another version or cut off. */
export function decodePictureMessage(message: ArrayBuffer): PictureMessage | undefined {
  if (message.byteLength < HEADER_BYTES) return undefined;
  const view = new DataView(message);
  const jpegAt = HEADER_BYTES + view.getUint16(2, true);
  if (view.getUint8(0) !== VERSION || message.byteLength < jpegAt) return undefined;
  return {
    stream: new TextDecoder().decode(new Uint8Array(message, HEADER_BYTES, jpegAt - HEADER_BYTES)),
    epoch: view.getUint32(4, true),
    frame: view.getUint32(8, true),
    widthPx: view.getUint16(12, true),
    heightPx: view.getUint16(14, true),
    lookedAt: (view.getUint8(1) & FLAG_NOT_LOOKED_AT) === 0,
    jpeg: new Uint8Array(message, jpegAt),
  };
}
