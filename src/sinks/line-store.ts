/** Lines that were taken together. */
export interface LineGroup {
  readonly lines: readonly string[];
  /** With a line's end each. */
  readonly sizeBytes: number;
}

/** The lines of a sink: those that wait, the group on its way, and those that are written and not yet safe. */
export interface LineStore {
  readonly waitingLines: number;
  /** Waiting and on their way. */
  readonly bufferedBytes: number;
  readonly waitingBytes: number;
  /** Written since they were last safe, bytes; 0 where they are not kept. */
  readonly unsafeBytes: number;
  /** Lines written so far. */
  readonly writtenLines: number;
  /** Lines that are safe. */
  readonly syncedLines: number;
  push(line: string, sizeBytes: number): void;
  /** All that wait; they are on their way until `wrote` or `putBack`. */
  take(): LineGroup;
  /** Of the group on its way the first `keptBytes` were written, whole lines; the others wait again, before all that came since. */
  wrote(group: LineGroup, keptBytes: number): void;
  /** What was written is safe. */
  safe(): void;
  /** What was written and is not safe has gone: it waits again. */
  undo(): void;
  /** Forgets what waits or is on its way. Returns how many lines waited. */
  clear(): number;
}

/** Makes an empty one. `keepsUnsafe` = written lines are held until they are safe. */
export function lineStore(keepsUnsafe: boolean): LineStore {
  let waiting: string[] = [];
  let waitingBytes = 0;
  let inFlightBytes = 0;
  let unsafe: string[] = [];
  let unsafeBytes = 0;
  let written = 0;
  let synced = 0;

  const forgetUnsafe = (): void => {
    unsafe = [];
    unsafeBytes = 0;
  };
  const putBack = (lines: readonly string[], sizeBytes: number): void => {
    if (lines.length === 0) return;
    waiting = [...lines, ...waiting];
    waitingBytes += sizeBytes;
  };

  return {
    get waitingLines() {
      return waiting.length;
    },
    get bufferedBytes() {
      return waitingBytes + inFlightBytes;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    get unsafeBytes() {
      return unsafeBytes;
    },
    get writtenLines() {
      return written;
    },
    get syncedLines() {
      return synced;
    },
    push(line, sizeBytes) {
      waiting.push(line);
      waitingBytes += sizeBytes;
    },
    take() {
      const group = { lines: waiting, sizeBytes: waitingBytes };
      waiting = [];
      inFlightBytes = waitingBytes;
      waitingBytes = 0;
      return group;
    },
    wrote({ lines, sizeBytes }, keptBytes) {
      const count = keptBytes === sizeBytes ? lines.length : linesWithin(lines, keptBytes);
      inFlightBytes = 0;
      written += count;
      putBack(lines.slice(count), sizeBytes - keptBytes);
      if (!keepsUnsafe) return;
      for (let i = 0; i < count; i += 1) unsafe.push(lines[i]!);
      unsafeBytes += keptBytes;
    },
    safe() {
      synced = written;
      forgetUnsafe();
    },
    undo() {
      written -= unsafe.length;
      putBack(unsafe, unsafeBytes);
      forgetUnsafe();
    },
    clear() {
      const count = waiting.length;
      waiting = [];
      waitingBytes = 0;
      inFlightBytes = 0;
      return count;
    },
  };
}

/** How many of the lines, each with its end, the bytes hold. */
function linesWithin(lines: readonly string[], sizeBytes: number): number {
  let count = 0;
  for (let left = sizeBytes; left > 0; count += 1) left -= Buffer.byteLength(lines[count]!) + 1;
  return count;
}
