import { extname } from "node:path";
import type { ExportFrame } from "./writer.js";

/** So many digits sort as they count for a year at 30 frames a second. */
const DIGITS = 9;

/** Where a frame's picture or labels lie, without the ending: `gate/000000012`; of a still picture where it lies itself. */
export function frameFile({ fileName, record, picture }: ExportFrame): string {
  if (picture !== undefined) return picture.slice(0, picture.length - extname(picture).length);
  return `${fileName}/${String(record.frame).padStart(DIGITS, "0")}`;
}

/** A stream's name as that of a file or folder. What a file system might take amiss is written as %XX. */
export function fileNameOf(stream: string, run: number): string {
  const name = encodeURIComponent(stream).replace(/[*'()]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`).replace(/^\.+$/, (dots) => "%2E".repeat(dots.length));
  return run === 1 ? name : `${name}@${run}`;
}
