/** The lines of a sink: those that wait, the group on its way, and those that are written and not yet safe. */
export interface LineStore {
  waiting: string[];
  waitingBytes: number;
  inFlightBytes: number;
  /** Whether written lines are held until they are safe. */
  readonly keepsUnsafe: boolean;
  unsafe: string[];
  unsafeBytes: number;
  /** Lines written so far. */
  written: number;
  /** Lines that are safe. */
  synced: number;
}

/** Lines that were taken together. */
export interface LineGroup {
  readonly lines: readonly string[];
  /** With a line's end each. */
  readonly sizeBytes: number;
}

/** Makes an empty one. */
export const lineStore = (keepsUnsafe: boolean): LineStore => ({ waiting: [], waitingBytes: 0, inFlightBytes: 0, keepsUnsafe, unsafe: [], unsafeBytes: 0, written: 0, synced: 0 });

/** A line more waits. */
export function addLine(store: LineStore, line: string, sizeBytes: number): void {
  store.waiting.push(line);
  store.waitingBytes += sizeBytes;
}

/** All that wait; they are on their way until `groupWritten`. */
export function takeGroup(store: LineStore): LineGroup {
  const group = { lines: store.waiting, sizeBytes: store.waitingBytes };
  store.waiting = [];
  store.inFlightBytes = group.sizeBytes;
  store.waitingBytes = 0;
  return group;
}

/** Of the group on its way the first `keptBytes` were written, whole lines; the others wait again, before all that came since. */
export function groupWritten(store: LineStore, { lines, sizeBytes }: LineGroup, keptBytes: number): void {
  const count = keptBytes === sizeBytes ? lines.length : linesWithin(lines, keptBytes);
  store.inFlightBytes = 0;
  store.written += count;
  putBack(store, lines.slice(count), sizeBytes - keptBytes);
  if (!store.keepsUnsafe) return;
  for (let i = 0; i < count; i += 1) store.unsafe.push(lines[i]!);
  store.unsafeBytes += keptBytes;
}

/** What was written is safe. */
export function nowSafe(store: LineStore): void {
  store.synced = store.written;
  forgetUnsafe(store);
}

/** What was written and is not safe has gone: it waits again. */
export function unsafeGone(store: LineStore): void {
  store.written -= store.unsafe.length;
  putBack(store, store.unsafe, store.unsafeBytes);
  forgetUnsafe(store);
}

/** Forgets what waits or is on its way. Returns how many lines waited. */
export function dropLines(store: LineStore): number {
  const count = store.waiting.length;
  store.waiting = [];
  store.waitingBytes = 0;
  store.inFlightBytes = 0;
  return count;
}

function forgetUnsafe(store: LineStore): void {
  store.unsafe = [];
  store.unsafeBytes = 0;
}

function putBack(store: LineStore, lines: readonly string[], sizeBytes: number): void {
  if (lines.length === 0) return;
  store.waiting = [...lines, ...store.waiting];
  store.waitingBytes += sizeBytes;
}

/** How many of the lines, each with its end, the bytes hold. */
function linesWithin(lines: readonly string[], sizeBytes: number): number {
  let count = 0;
  for (let left = sizeBytes; left > 0; count += 1) left -= Buffer.byteLength(lines[count]!) + 1;
  return count;
}
