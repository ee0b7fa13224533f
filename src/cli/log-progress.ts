import { statSync } from "node:fs";
import type { LogEntry, LogFile, LogTrouble } from "../log/index.js";
import { printable, type Terminal } from "./terminal.js";

/** Tells what of a log could not be read, with its place. */
export const troubleTeller = (terminal: Terminal) => ({ path, line, message }: LogTrouble): void => {
  const words = printable(`${path}${line === null ? "" : `:${line}`}: ${message}`);
  terminal.say(`sightline: ${terminal.paint.yellow(words)}`);
};

/** How much of the logs has been read, 0 to 1. Within a packed file that is not known: it counts once it is over. Exact enough for a person. */
export function shareRead(files: readonly LogFile[]): (entry: LogEntry) => number {
  const before = new Map<string, { readonly from: number; readonly isPlain: boolean }>();
  let total = 0;
  for (const { path, kind } of files) {
    before.set(path, { from: total, isPlain: kind === "none" });
    total += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return ({ path, atBytes }) => {
    const place = before.get(path) ?? { from: 0, isPlain: false };
    return total === 0 ? 1 : Math.min(1, (place.from + (place.isPlain ? atBytes : 0)) / total);
  };
}
