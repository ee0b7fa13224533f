import { relative } from "node:path";
import { counted } from "../core/counted.js";
import type { FrameRecord } from "../wire/index.js";
import { minutes } from "./render-text.js";
import { printable } from "./terminal.js";

const MS_PER_S = 1000;

/** How far `detect` is. */
export interface DetectFigures {
  readonly all: number;
  /** Done, those that failed included. */
  pictures: number;
  objects: number;
  failed: number;
  readonly startedMs: number;
}

/** `photos/street.jpg  1920x1080  3 car, 1 person`. Pure but for the folder that the path is told from. */
export function pictureText(path: string, { widthPx, heightPx, objects }: FrameRecord): string {
  const counts = new Map<string, number>();
  for (const { label } of objects) counts.set(label, (counts.get(label) ?? 0) + 1);
  const words = [...counts].sort(([, a], [, b]) => b - a).map(([label, count]) => `${count} ${label}`);
  const near = relative(process.cwd(), path);
  return printable(`${near.startsWith("..") ? path : near}  ${widthPx}x${heightPx}  ${words.join(", ") || "nothing"}`);
}

/** The line of progress. Pure. */
export function detectingText({ all, pictures, objects, failed, startedMs }: DetectFigures, nowMs: number): string {
  const rate = rateOf(pictures, nowMs - startedMs);
  const left = rate > 0 ? `  ETA ${minutes((all - pictures) / rate)}` : "";
  return `${pictures}/${all} pictures  ${Math.floor((100 * pictures) / Math.max(1, all))}%  ${rate.toFixed(1)} pictures/s  ${objects} objects${failed > 0 ? `  ${failed} failed` : ""}${left}`;
}

/** The last line. Pure. */
export function detectedText({ pictures, objects, failed, startedMs }: DetectFigures, nowMs: number, workers: number): string {
  const bad = failed > 0 ? `, ${failed} of them could not be looked at` : "";
  const elapsedMs = nowMs - startedMs;
  return `${counted(pictures, "picture")}${bad}; ${counted(objects, "object")}; ${rateOf(pictures, elapsedMs).toFixed(1)} pictures/s with ${counted(workers, "thread")}, in ${minutes(elapsedMs / MS_PER_S)}`;
}

const rateOf = (pictures: number, elapsedMs: number): number => (elapsedMs > 0 ? (MS_PER_S * pictures) / elapsedMs : 0);
