import { readFileSync } from "node:fs";
import type { TrueObject } from "../accuracy/index.js";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import type { SizePx } from "../model/index.js";

/** One object of a labels file: its class, and its box as shares of the picture: left, top, right, bottom. */
export interface YoloLabel {
  readonly classId: number;
  readonly box: readonly [number, number, number, number];
}

/** What may stand in a labels file. */
export interface LabelRules {
  /** Classes that there are; null = any number. */
  readonly classCount: number | null;
  /** The box is followed by points (a pose data set). */
  readonly hasPoints: boolean;
}

/** Numbers behind the class of a box, and the fewest of an outline. */
const BOX_NUMBERS = 4;
const LEAST_OUTLINE = 6;
/** Tools round, and cut at the edge a little late: as much outside the picture is no mistake. */
const TOLERANCE = 0.01;

/**
 * Reads a labels file; null when there is none. A line is `class cx cy width height`, all but the class as shares of the
 * picture, or `class x y x y x y ...`: an outline, or the corners of a turned box, of which the enclosing box is taken.
 * @throws PipelineError E_DATASET with file and line
 */
export function readLabels(path: string, rules: LabelRules): YoloLabel[] | null {
  const text = textOf(path);
  if (text === null) return null;
  return text.split(/\r?\n/).flatMap((line, i) => {
    const words = line.trim().split(/\s+/);
    if (words[0] === "") return [];
    const label = labelOf(words, rules);
    if (typeof label === "string") throw new PipelineError("E_DATASET", `${path}:${i + 1}: ${label}`);
    return [label];
  });
}

function textOf(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = systemCodeOf(cause);
    if (code === "ENOENT" || code === "ENOTDIR") return null;
    throw new PipelineError("E_DATASET", `${path} can't be read (${code})`, { cause });
  }
}

/** A label, or what is wrong with it. */
function labelOf(words: readonly string[], { classCount, hasPoints }: LabelRules): YoloLabel | string {
  const [classId = NaN, ...numbers] = words.map(Number);
  if (!Number.isInteger(classId) || classId < 0) return `the class is ${JSON.stringify(words[0])}, expected a whole number from 0 on`;
  if (classCount !== null && classId >= classCount) return `the class is ${classId}, and the data set names ${classCount}: 0 to ${classCount - 1}`;
  const isBox = numbers.length === BOX_NUMBERS || hasPoints;
  const isOutline = !isBox && numbers.length >= LEAST_OUTLINE && numbers.length % 2 === 0;
  if ((!isBox && !isOutline) || numbers.length < BOX_NUMBERS) return `${words.length} numbers; expected are 5 (class cx cy width height), or a class and 3 or more points`;
  const counted = isBox ? numbers.slice(0, BOX_NUMBERS) : numbers;
  const wrong = counted.findIndex((value) => !(value >= -TOLERANCE && value <= 1 + TOLERANCE));
  if (wrong >= 0) return `number ${wrong + 2} is ${words[wrong + 1]}, expected a share of the picture from 0 to 1`;
  return { classId, box: isBox ? boxOf(counted) : enclosing(counted) };
}

function boxOf([cx = 0, cy = 0, width = 0, height = 0]: readonly number[]): YoloLabel["box"] {
  return [cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2];
}

function enclosing(points: readonly number[]): YoloLabel["box"] {
  const xs = points.filter((_, i) => i % 2 === 0);
  const ys = points.filter((_, i) => i % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Labels in the pixels of a picture. */
export function truthOf(labels: readonly YoloLabel[], { widthPx, heightPx }: SizePx): TrueObject[] {
  return labels.map(({ classId, box: [x1, y1, x2, y2] }) => ({ classId, box: [x1 * widthPx, y1 * heightPx, x2 * widthPx, y2 * heightPx], ignore: false }));
}
