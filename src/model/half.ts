const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** Bits of IEEE 754's half precision of a number: 1 of sign, 5 of exponent, 10 of fraction, rounded half to even. */
export function halfOf(value: number): number {
  floats[0] = value;
  const word = bits[0]!;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fff_ffff;
  // NaN stays one; what is above 65519 is infinite.
  if (magnitude > 0x7f80_0000) return sign | 0x7e00;
  if (magnitude >= 0x477f_f000) return sign | 0x7c00;
  // Below 2^-14 the steps are all of 2^-24: adding 0.5 makes single precision round to just that.
  if (magnitude < 0x3880_0000) {
    floats[0] = Math.abs(value) + 0.5;
    return sign | (bits[0]! - 0x3f00_0000);
  }
  const isOdd = (magnitude >>> 13) & 1;
  return sign | ((magnitude - 0x3800_0000 + 0xfff + isOdd) >>> 13);
}

let table: Float32Array | undefined;

/** The numbers of many such bits, into `out`, which is as long at least. Each of the 65,536 is worked out once in a thread. */
export function floatsOfHalves(halves: Uint16Array, out: Float32Array): void {
  table ??= Float32Array.from({ length: 65_536 }, (_, half) => numberOfHalf(half));
  for (let i = 0; i < halves.length; i += 1) out[i] = table[halves[i]!]!;
}

/** The number of such bits. */
export function numberOfHalf(half: number): number {
  const sign = (half & 0x8000) === 0 ? 1 : -1;
  const [exponent, fraction] = [(half >>> 10) & 0x1f, half & 0x3ff];
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
