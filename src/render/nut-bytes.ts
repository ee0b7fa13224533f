/** Reads NUT's numbers (nut spec, "basic types"). Throws `Short` when the bytes end before the number does. */
export interface NutBytes {
  readonly at: number;
  /** A plain byte. */
  byte(): number;
  /** `v`: seven bits a byte, the highest first; the top bit says that more follow. */
  v(): number;
  /** `s`: 0, 1, -1, 2, -2 ... as `v`. */
  s(): number;
  skip(bytes: number): void;
}

/** The bytes that are here end within what is read. */
export class Short extends Error {}

/** Reads from `at` on. */
export function nutBytes(bytes: Uint8Array, from: number): NutBytes {
  let at = from;
  const byte = (): number => {
    const value = bytes[at];
    if (value === undefined) throw new Short();
    at += 1;
    return value;
  };
  const v = (): number => {
    let value = 0;
    for (;;) {
      const next = byte();
      // Not by bits: times take more than 32.
      value = value * 128 + (next & 0x7f);
      if (next < 0x80) return value;
    }
  };
  return {
    get at() {
      return at;
    },
    byte,
    v,
    s() {
      const coded = v() + 1;
      return coded % 2 === 1 ? -(coded - 1) / 2 : coded / 2;
    },
    skip(count) {
      if (at + count > bytes.length) throw new Short();
      at += count;
    },
  };
}
