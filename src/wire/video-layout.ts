/** One field of a binary message. All numbers are little-endian. */
export interface LayoutField {
  readonly byte: string;
  readonly type: string;
  readonly what: string;
}

/** The binary message of topic video, as core/video-frame.ts writes it. */
export const VIDEO_LAYOUT: readonly LayoutField[] = [
  { byte: "0", type: "u8", what: "version of the layout, 1" },
  { byte: "1", type: "u8", what: "flags: bit 0 = the frame was not looked at and has no record; the others are 0 and to be ignored" },
  { byte: "2", type: "u16", what: "n, length of the stream's name in bytes" },
  { byte: "4", type: "u32", what: "epoch" },
  { byte: "8", type: "u32", what: "frame number" },
  { byte: "12", type: "u16", what: "width of the JPEG, px" },
  { byte: "14", type: "u16", what: "height of the JPEG, px" },
  { byte: "16", type: "f64", what: "media time, ms; NaN = the source has none" },
  { byte: "24", type: "n bytes", what: "name of the stream, UTF-8" },
  { byte: "24 + n", type: "bytes", what: "the JPEG, to the end of the message" },
];

/** The layout in words, one line. */
export const videoLayoutText = (): string =>
  `Binary, numbers little-endian. ${VIDEO_LAYOUT.map(({ byte, type, what }) => `Byte ${byte}: ${type}, ${what}.`).join(" ")} ` +
  "Boxes of the record with the same stream, epoch and frame are in pixels of the source, whose size the record has. The next picture of the stream comes after an ack.";
