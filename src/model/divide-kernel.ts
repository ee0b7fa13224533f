/**
 * Bytes to float32 quotients, 16 at a time, as a WebAssembly function that is put together here. The plain loop takes
 * six times as long, and far longer until the compiler has got round to it, which a busy machine delays.
 *
 *   divide(from, to, end, divisor):
 *     do { f32[to .. to+64] = u8[from .. from+16] / divisor; from += 16; to += 64 } while (from < end)
 *
 * Source of all numbers: webassembly.github.io/spec/core/binary.
 */

/** Bytes that one step takes. */
export const STEP_BYTES = 16;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const PAGE_BYTES = 65_536;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const FUNCTION_TYPE = 0x60;
const NO_RESULT = 0x40;

/** Indexes of the parameters, then of the locals. */
const FROM = 0;
const TO = 1;
const END = 2;
const DIVISOR = 3;
const PIXELS = 4;
const HALF = 5;
const DIVISORS = 6;

/** LEB128, unsigned; also right for signed constants below 64. */
function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...leb(Math.floor(value / 0x80))];
}

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const simd = (...code: number[]): number[] => [0xfd, ...code];
const add = (value: number): number[] => [0x41, value, 0x6a];
/** Memory operands: alignment is a hint (0 = none), then the offset. */
const load = simd(0x00, 0, 0);
const storeAt = (offset: number): number[] => simd(0x0b, 0, offset);
const splat = simd(0x13);
const bytesToShorts = { low: simd(0x89, 0x01), high: simd(0x8a, 0x01) };
const shortsToInts = { low: simd(0xa9, 0x01), high: simd(0xaa, 0x01) };
const intsToFloats = simd(0xfa, 0x01);
const divide = simd(0xe7, 0x01);

/** Four pixels of a half: to 32 bits, to float, divided, stored. */
const quarter = (part: "low" | "high", offset: number): number[] => [
  ...get(TO), ...get(HALF), ...shortsToInts[part], ...intsToFloats, ...get(DIVISORS), ...divide, ...storeAt(offset),
];
const half = (part: "low" | "high", offset: number): number[] => [
  ...get(PIXELS), ...bytesToShorts[part], ...set(HALF), ...quarter("low", offset), ...quarter("high", offset + 16),
];

const CODE = [
  ...get(DIVISOR), ...splat, ...set(DIVISORS),
  // loop
  0x03, NO_RESULT,
  ...get(FROM), ...load, ...set(PIXELS), ...half("low", 0), ...half("high", 32),
  // 64 as a constant needs its sign bit spelt out: two steps of 32.
  ...get(TO), ...add(32), ...add(32), ...set(TO),
  ...get(FROM), ...add(STEP_BYTES), ...set(FROM),
  // while (from < end), unsigned; end of the loop; end of the function
  ...get(FROM), ...get(END), 0x49, 0x0d, 0, 0x0b, 0x0b,
];

const section = (id: number, content: readonly number[]): number[] => [id, ...leb(content.length), ...content];
const name = (text: string): number[] => [text.length, ...[...text].map((letter) => letter.charCodeAt(0))];

function moduleBytes(pages: number): Uint8Array<ArrayBuffer> {
  const body = [1, 3, V128, ...CODE];
  return Uint8Array.from([
    0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    // one type: (i32, i32, i32, f32) -> nothing; one function of it; one memory
    ...section(1, [1, FUNCTION_TYPE, 4, I32, I32, I32, F32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0x00, ...leb(pages)]),
    ...section(7, [2, ...name("divide"), 0x00, 0, ...name("memory"), 0x02, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

/** Memory that the function works in: `count` bytes and as many floats. It never grows. */
export interface DivideKernel {
  readonly bytes: Uint8Array;
  readonly floats: Float32Array<ArrayBuffer>;
  /** floats[to + i] = bytes[from + i] / divisor for i below `length`, a multiple of STEP_BYTES above 0. */
  divide(from: number, to: number, length: number, divisor: number): void;
}

/** Makes a function with its own memory for `count` pixel values, a multiple of STEP_BYTES. */
export function makeDivideKernel(count: number): DivideKernel {
  const pages = Math.ceil((count * (1 + FLOAT_BYTES)) / PAGE_BYTES);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(moduleBytes(pages)));
  const run = exports["divide"] as (from: number, to: number, end: number, divisor: number) => void;
  const buffer = (exports["memory"] as WebAssembly.Memory).buffer;
  return {
    floats: new Float32Array(buffer, 0, count),
    bytes: new Uint8Array(buffer, count * FLOAT_BYTES, count),
    divide(from, to, length, divisor) {
      const start = count * FLOAT_BYTES + from;
      run(start, to * FLOAT_BYTES, start + length, divisor);
    },
  };
}
