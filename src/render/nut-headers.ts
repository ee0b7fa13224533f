import { invariant } from "../core/invariant.js";
import type { NutBytes } from "./nut-bytes.js";

/** What one of the 256 frame codes stands for. */
interface FrameCode {
  readonly flags: number;
  readonly sizeMultiple: number;
  readonly sizeRest: number;
  readonly ptsDelta: number;
  readonly reserved: number;
  readonly headerIndex: number;
}

/** What the main header says. */
export interface NutMain {
  readonly timeBases: readonly (readonly [number, number])[];
  readonly codes: readonly (FrameCode | undefined)[];
  /** Bytes that frames begin with and that are not repeated in them, by their index. */
  readonly elided: readonly number[];
}

/** What the header of the one stream says. */
export interface NutStream {
  readonly timeBase: readonly [number, number];
  readonly msbPtsShift: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** A frame's header. */
export interface NutFrameHeader {
  readonly pts: number;
  readonly sizeBytes: number;
  /** Bytes at the frame's beginning that are in the main header instead; not counted in `sizeBytes`. */
  readonly elidedBytes: number;
}

const N = 0x4e;
/** Frame flags (nut spec, "frame flags"). */
const FLAG = { codedPts: 8, streamId: 16, sizeMsb: 32, checksum: 64, reserved: 128, headerIndex: 1024, matchTime: 2048, coded: 4096 } as const;
/** Frames longer than this are never elided. */
const ELIDED_AT_MOST = 4096;

/** Reads the main header's data, which begin after the packet's own header. */
export function readMain(bytes: NutBytes): NutMain {
  const version = bytes.v();
  if (version > 3) bytes.v();
  invariant(bytes.v() === 1, "one stream was asked for");
  bytes.v();
  const timeBases = Array.from({ length: bytes.v() }, () => [bytes.v(), bytes.v()] as const);
  const codes = readCodes(bytes);
  const elided = [0];
  for (let left = bytes.v(); left > 0; left -= 1) {
    const length = bytes.v();
    bytes.skip(length);
    elided.push(length);
  }
  return { timeBases, codes, elided };
}

function readCodes(bytes: NutBytes): (FrameCode | undefined)[] {
  const codes: (FrameCode | undefined)[] = [];
  let [ptsDelta, multiple, headerIndex] = [0, 1, 0];
  while (codes.length < 256) {
    const flags = bytes.v();
    const fields = bytes.v();
    if (fields > 0) ptsDelta = bytes.s();
    if (fields > 1) multiple = bytes.v();
    if (fields > 2) bytes.v();
    const size = fields > 3 ? bytes.v() : 0;
    const reserved = fields > 4 ? bytes.v() : 0;
    const count = fields > 5 ? bytes.v() : multiple - size;
    if (fields > 6) bytes.s();
    if (fields > 7) headerIndex = bytes.v();
    for (let more = 8; more < fields; more += 1) bytes.v();
    for (let i = 0; i < count && codes.length < 256; ) {
      if (codes.length === N) codes.push(undefined);
      else {
        codes.push({ flags, sizeMultiple: multiple, sizeRest: size + i, ptsDelta, reserved, headerIndex });
        i += 1;
      }
    }
  }
  return codes;
}

/** Reads the stream header's data. */
export function readStream(bytes: NutBytes, { timeBases }: NutMain): NutStream {
  bytes.v();
  invariant(bytes.v() === 0, "the stream is video");
  bytes.skip(bytes.v());
  const timeBase = timeBases[bytes.v()];
  invariant(timeBase !== undefined, "the stream's time base is known");
  const msbPtsShift = bytes.v();
  bytes.v();
  bytes.v();
  bytes.v();
  bytes.skip(bytes.v());
  return { timeBase, msbPtsShift, widthPx: bytes.v(), heightPx: bytes.v() };
}

/** Reads a syncpoint's time, in the stream's time base, from which later ones count. */
export function readSyncpoint(bytes: NutBytes, { timeBases }: NutMain, { timeBase }: NutStream): number {
  const coded = bytes.v();
  const from = timeBases[coded % timeBases.length] ?? timeBase;
  return Math.floor((Math.floor(coded / timeBases.length) * from[0] * timeBase[1]) / (from[1] * timeBase[0]));
}

/** Reads a frame's header, `lastPts` being the time that short ones complete. */
export function readFrameHeader(bytes: NutBytes, { codes, elided }: NutMain, { msbPtsShift }: NutStream, lastPts: number): NutFrameHeader {
  const code = codes[bytes.byte()];
  invariant(code !== undefined, "a frame begins with a code of the table");
  const flags = code.flags & FLAG.coded ? code.flags ^ bytes.v() : code.flags;
  if (flags & FLAG.streamId) bytes.v();
  const pts = flags & FLAG.codedPts ? fullPts(bytes.v(), msbPtsShift, lastPts) : lastPts + code.ptsDelta;
  const msb = flags & FLAG.sizeMsb ? bytes.v() : 0;
  if (flags & FLAG.matchTime) bytes.s();
  const headerIndex = flags & FLAG.headerIndex ? bytes.v() : code.headerIndex;
  for (let left = flags & FLAG.reserved ? bytes.v() : code.reserved; left > 0; left -= 1) bytes.v();
  if (flags & FLAG.checksum) bytes.skip(4);
  const size = code.sizeRest + msb * code.sizeMultiple;
  const elidedBytes = size > ELIDED_AT_MOST ? 0 : (elided[headerIndex] ?? 0);
  return { pts, sizeBytes: size - elidedBytes, elidedBytes };
}

/** Only the low bits may be there: the time nearest to the last one that has them. */
function fullPts(coded: number, shift: number, lastPts: number): number {
  const period = 2 ** shift;
  if (coded >= period) return coded - period;
  const delta = lastPts - period / 2 + 1;
  return ((((coded - delta) % period) + period) % period) + Math.ceil(delta);
}
