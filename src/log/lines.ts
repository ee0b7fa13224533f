/** One line's bytes, or why there are none. `number` counts from 1; `atBytes` is where it begins in the (unpacked) file. */
export interface RawLine {
  readonly number: number;
  readonly atBytes: number;
  readonly bytes: Buffer | null;
  /** null = a whole line. */
  readonly trouble: "too_long" | "torn" | null;
}

const NEWLINE = 0x0a;

/**
 * Cuts chunks into lines, without their ends. A line longer than `mostBytes` is passed over and told without its bytes, so
 * memory stays bounded; what comes after the last line's end is told as torn.
 */
export async function* splitLines(chunks: AsyncIterable<Buffer>, mostBytes: number): AsyncGenerator<RawLine, void, undefined> {
  let number = 1;
  let atBytes = 0;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const line = (end: number, trouble: RawLine["trouble"]): RawLine => {
    const isTooLong = heldBytes > mostBytes;
    const made: RawLine = { number, atBytes, bytes: isTooLong ? null : Buffer.concat(held), trouble: isTooLong ? "too_long" : trouble };
    number += 1;
    atBytes += heldBytes + end;
    held = [];
    heldBytes = 0;
    return made;
  };
  const hold = (piece: Buffer): void => {
    heldBytes += piece.length;
    if (heldBytes <= mostBytes) held.push(piece);
    else held = [];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let to = chunk.indexOf(NEWLINE); to >= 0; to = chunk.indexOf(NEWLINE, from)) {
      hold(chunk.subarray(from, to));
      yield line(1, null);
      from = to + 1;
    }
    if (from < chunk.length) hold(chunk.subarray(from));
  }
  if (heldBytes > 0) yield line(0, "torn");
}
