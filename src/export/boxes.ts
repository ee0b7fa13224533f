import type { FrameRecord } from "../wire/index.js";

/** Records have boxes with one decimal; their differences shall have no more. */
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** A box by its corner and its size, source pixels, 1 decimal. */
export function xywh([x1, y1, x2, y2]: FrameRecord["objects"][number]["box"]): [number, number, number, number] {
  return [x1, y1, tenth(x2 - x1), tenth(y2 - y1)];
}

/** The same moved by one, for formats that count pixels from 1. */
export const fromOne = (value: number): number => tenth(value + 1);
