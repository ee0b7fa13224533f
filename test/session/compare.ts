import type { FrameRecord } from "../../src/wire/index.js";

/** Objects of one side that are surer than this and have no partner at the other are told. */
const SURE = 0.375;
const LEAST_IOU = 0.5;

/** An object that a reference found. */
export interface Found {
  readonly classId: number;
  readonly score: number;
  readonly box: readonly number[];
}

/** The oracle's boxes are not clipped to the picture, ours are. */
export function clipped({ box, ...rest }: Found, widthPx: number, heightPx: number): Found {
  const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
  return { ...rest, box: [Math.max(0, x1), Math.max(0, y1), Math.min(widthPx, x2), Math.min(heightPx, y2)] };
}

function iou(a: readonly number[], b: readonly number[]): number {
  const [ax1 = 0, ay1 = 0, ax2 = 0, ay2 = 0] = a;
  const [bx1 = 0, by1 = 0, bx2 = 0, by2 = 0] = b;
  const inside = Math.max(0, Math.min(ax2, bx2) - Math.max(ax1, bx1)) * Math.max(0, Math.min(ay2, by2) - Math.max(ay1, by1));
  return inside / ((ax2 - ax1) * (ay2 - ay1) + (bx2 - bx1) * (by2 - by1) - inside);
}

/** The object of the same class that overlaps it most. */
export function partner(one: Found, others: readonly Found[]): { found: Found; iou: number } | undefined {
  const same = others.filter(({ classId }) => classId === one.classId).map((found) => ({ found, iou: iou(one.box, found.box) }));
  return same.sort((a, b) => b.iou - a.iou).find((candidate) => candidate.iou >= LEAST_IOU);
}

/** Pairs the objects of records with those of a reference, whose rows are the frames. */
export function compare(reference: readonly Found[][], records: readonly FrameRecord[]): { pairs: number; meanIou: number; meanDifference: number; alone: string[] } {
  const alone: string[] = [];
  const ious: number[] = [];
  const differences: number[] = [];
  for (const record of records) {
    const theirs = (reference[record.frame] ?? []).map((one) => clipped(one, record.widthPx, record.heightPx));
    for (const one of theirs) {
      const match = partner(one, record.objects);
      if (match) {
        ious.push(match.iou);
        differences.push(Math.abs(match.found.score - one.score));
      } else if (one.score >= SURE) alone.push(`frame ${record.frame}: theirs ${JSON.stringify(one)}`);
    }
    for (const one of record.objects) if (one.score >= SURE && !partner(one, theirs)) alone.push(`frame ${record.frame}: ours ${JSON.stringify(one)}`);
  }
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  return { pairs: ious.length, meanIou: mean(ious), meanDifference: mean(differences), alone };
}
