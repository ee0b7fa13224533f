import { invariant } from "../core/invariant.js";
import { nutBytes, Short } from "./nut-bytes.js";
import { readFrameHeader, readMain, readStream, readSyncpoint, type NutMain, type NutStream } from "./nut-headers.js";

/** One frame on its way through: what stands before its pixels in the file, and the pixels, which may be drawn on. */
export interface NutFrame {
  /** Headers, untouched. */
  readonly before: Buffer;
  readonly pixels: Buffer;
  /** So many of the first pixels stand elsewhere in the file (only in pictures below 64x43) and are not to be written. */
  readonly elidedBytes: number;
  readonly ptsMs: number;
}

/** Who takes the frames. */
export interface NutTaker {
  /** Memory for a frame; undefined = none is free now. */
  lease(sizeBytes: number): Buffer | undefined;
  frame(frame: NutFrame): void;
}

/** Cuts a NUT file of one raw video stream into frames, nothing else than the pixels being touched: times, shape and time base go on as FFmpeg wrote them. */
export interface NutParser {
  /** Takes a chunk. Returns what could not be placed: it is pushed again once there is memory. */
  push(chunk: Uint8Array): Uint8Array | undefined;
  /** Size of the pictures; undefined before the headers have come. */
  readonly stream: NutStream | undefined;
  /** What came after the last frame. */
  rest(): Buffer;
  /** Whether a frame was begun and never became whole. */
  readonly isTorn: boolean;
}

const FILE_ID_BYTES = 25;
const N = 0x4e;
const STARTCODE = { main: 0x4e4d7a561f5f04adn, stream: 0x4e5311405bf2f9dbn, syncpoint: 0x4e4be4adeeca4569n } as const;
/** A packet that is longer has a checksum of its header too. */
const CHECKED_HEADER_FROM = 4096;
/** Headers have some hundred bytes; something else is no NUT of ours. */
const MOST_HEADER_BYTES = 1024 * 1024;
const STARTCODE_BYTES = 8;
const CHECKSUM_BYTES = 4;
const NOTHING = Buffer.alloc(0);

/** Makes a parser for one file. */
export function nutParser(taker: NutTaker): NutParser {
  const heads = headReader();
  let due: DueFrame | undefined;
  let pixels: Buffer | undefined;
  let filled = 0;

  /** Fills the frame that is due from `bytes`; returns how many were taken, undefined when there is no memory for it. */
  function fill(bytes: Uint8Array, { sizeBytes, elidedBytes, before, ptsMs }: DueFrame): number | undefined {
    pixels ??= taker.lease(elidedBytes + sizeBytes);
    if (pixels === undefined) return undefined;
    const take = Math.min(bytes.length, sizeBytes - filled);
    pixels.set(bytes.subarray(0, take), elidedBytes + filled);
    filled += take;
    if (filled < sizeBytes) return take;
    const frame = { before, pixels, elidedBytes, ptsMs };
    filled = 0;
    due = pixels = undefined;
    taker.frame(frame);
    return take;
  }

  return {
    push(chunk) {
      let rest = chunk;
      for (;;) {
        if (due === undefined) {
          ({ due, rest } = heads.read(rest));
          if (due === undefined) return undefined;
        }
        const taken = fill(rest, due);
        if (taken === undefined) return rest;
        rest = rest.subarray(taken);
        if (due !== undefined) return undefined;
      }
    },
    get stream() {
      return heads.stream();
    },
    rest: () => heads.rest(),
    get isTorn() {
      return due !== undefined;
    },
  };
}

/** A frame whose header has been read. */
interface DueFrame extends Pick<NutFrame, "before" | "elidedBytes" | "ptsMs"> {
  readonly sizeBytes: number;
}

/** What the headers have said so far. */
interface Headers {
  main: NutMain | undefined;
  stream: NutStream | undefined;
  lastPts: number;
}

/** Reads the packet that `head` begins with; returns its length. @throws Short */
function readPacket(head: Buffer, headers: Headers): number {
  const bytes = nutBytes(head, STARTCODE_BYTES);
  const length = bytes.v();
  if (length > CHECKED_HEADER_FROM) bytes.skip(CHECKSUM_BYTES);
  const end = bytes.at + length;
  if (head.length < end) throw new Short();
  const { main, stream } = headers;
  switch (head.readBigUInt64BE(0)) {
    case STARTCODE.main:
      headers.main = readMain(bytes);
      break;
    case STARTCODE.stream:
      if (main) headers.stream = readStream(bytes, main);
      break;
    case STARTCODE.syncpoint:
      if (main && stream) headers.lastPts = readSyncpoint(bytes, main, stream);
      break;
    default:
    // What else there is says nothing about frames.
  }
  return end;
}

/** Reads everything that is no pixels, and keeps it to be passed on. */
function headReader() {
  const headers: Headers = { main: undefined, stream: undefined, lastPts: 0 };
  let head: Buffer = NOTHING;
  let before: Buffer[] = [];
  let isBegun = false;

  function pass(bytes: number): void {
    if (head.length < bytes) throw new Short();
    before.push(head.subarray(0, bytes));
    head = head.subarray(bytes);
  }

  /** One packet or one frame's header. @throws Short */
  function readOne(): DueFrame | undefined {
    if (isBegun && head[0] !== N) return readFrame();
    pass(isBegun ? readPacket(head, headers) : FILE_ID_BYTES);
    isBegun = true;
    return undefined;
  }

  function readFrame(): DueFrame {
    const { main, stream, lastPts } = headers;
    invariant(main !== undefined && stream !== undefined, "a frame comes after the headers");
    const bytes = nutBytes(head, 0);
    const { pts, sizeBytes, elidedBytes } = readFrameHeader(bytes, main, stream, lastPts);
    headers.lastPts = pts;
    pass(bytes.at);
    const [over, under] = stream.timeBase;
    const due = { sizeBytes, elidedBytes, before: Buffer.concat(before), ptsMs: (pts * 1000 * over) / under };
    before = [];
    return due;
  }

  return {
    /** Takes bytes; gives the next frame's header once it is whole, and what came after it. */
    read(chunk: Uint8Array): { readonly due: DueFrame | undefined; readonly rest: Uint8Array } {
      // Copied: who pushes may use the memory again.
      head = Buffer.concat([head, chunk]);
      let due: DueFrame | undefined;
      try {
        while (due === undefined && head.length > 0) due = readOne();
      } catch (thrown) {
        if (!(thrown instanceof Short)) throw thrown;
        invariant(head.length < MOST_HEADER_BYTES, "what FFmpeg writes is NUT");
      }
      if (due === undefined) return { due, rest: NOTHING };
      const rest = head;
      head = NOTHING;
      return { due, rest };
    },
    stream: () => headers.stream,
    rest: () => Buffer.concat([...before, head]),
  };
}
