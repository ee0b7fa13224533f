import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";

/** The part of a frame record that says where it belongs. */
export interface LoggedFrame {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  readonly skipped?: Readonly<Record<string, number>>;
}

/** The lines of a log that are whole by now; nothing where there is no file yet. */
export function wholeLines(path: string): string[] {
  return existsSync(path) ? readFileSync(path, "utf8").split("\n").slice(0, -1) : [];
}

/**
 * Checks that a log is whole: it ends with a line's end, each line is one record, and the frames of each stream ascend
 * without a hole: what a record says was skipped is all that lies between it and the one before.
 * @returns how many frames each stream has
 */
export function assertWholeLog(path: string, context = ""): Record<string, number> {
  const text = existsSync(path) ? readFileSync(path, "utf8") : "";
  assert.ok(text === "" || text.endsWith("\n"), `${context}: the last line is torn`);
  const last = new Map<string, LoggedFrame>();
  const counts: Record<string, number> = {};
  for (const [i, line] of wholeLines(path).entries()) {
    const record = parsed(line, `${context}: line ${i + 1}`);
    const before = last.get(record.stream);
    const skipped = Object.values(record.skipped ?? {}).reduce((sum, count) => sum + count, 0);
    assert.equal(record.frame, (before?.frame ?? -1) + skipped + 1, `${context}: line ${i + 1}: frame ${record.frame} after ${before?.frame}, ${skipped} skipped`);
    assert.ok(record.epoch >= (before?.epoch ?? 1), `${context}: line ${i + 1}: epoch ${record.epoch} after ${before?.epoch}`);
    last.set(record.stream, record);
    counts[record.stream] = (counts[record.stream] ?? 0) + 1;
  }
  return counts;
}

function parsed(line: string, where: string): LoggedFrame {
  try {
    return JSON.parse(line) as LoggedFrame;
  } catch {
    throw new Error(`${where} is no record: ${line.slice(0, 80)} ... ${line.slice(-40)}`);
  }
}
