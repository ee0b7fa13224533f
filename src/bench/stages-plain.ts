import type { Letterbox } from "../model/index.js";

/*
 * The straightforward version of each stage, as one writes it from the papers and tutorials: it is what ours is held against,
 * and its results are what ours have to agree with.
 */

/** One object. */
export interface PlainObject {
  readonly classId: number;
  readonly score: number;
  readonly box: readonly [number, number, number, number];
}

/** A YOLOv8 head, (1, 4 + classes, anchors): transposed, one object a candidate, textbook NMS, boxes taken back into the picture. */
export function decodePlainly(data: Float32Array, classes: number, { conf, iou, most }: { readonly conf: number; readonly iou: number; readonly most: number }, letterbox: Letterbox): PlainObject[] {
  const columns = 4 + classes;
  const anchors = data.length / columns;
  const rows = new Float32Array(data.length);
  for (let anchor = 0; anchor < anchors; anchor += 1) {
    for (let column = 0; column < columns; column += 1) rows[anchor * columns + column] = data[column * anchors + anchor]!;
  }
  const candidates: PlainObject[] = [];
  for (let at = 0; at < rows.length; at += columns) {
    let classId = 0;
    let score = rows[at + 4]!;
    for (let i = 1; i < classes; i += 1) {
      if (rows[at + 4 + i]! > score) {
        score = rows[at + 4 + i]!;
        classId = i;
      }
    }
    if (score <= conf) continue;
    const [x = 0, y = 0, w = 0, h = 0] = rows.subarray(at, at + 4);
    candidates.push({ classId, score, box: [x - w / 2, y - h / 2, x + w / 2, y + h / 2] });
  }
  candidates.sort((a, b) => b.score - a.score);
  const kept: PlainObject[] = [];
  for (const one of candidates) {
    if (kept.length === most) break;
    if (!kept.some((better) => better.classId === one.classId && overlap(better.box, one.box) > iou)) kept.push(one);
  }
  return kept.map((one) => ({ ...one, box: toPicture(one.box, letterbox) }));
}

function overlap(a: PlainObject["box"], b: PlainObject["box"]): number {
  const width = Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0]));
  const height = Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  const both = width * height;
  return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both);
}

function toPicture([x1, y1, x2, y2]: PlainObject["box"], { scaleX, scaleY, leftPx, topPx, sourceWidthPx, sourceHeightPx }: Letterbox): PlainObject["box"] {
  const across = (x: number): number => Math.min(Math.max((x - leftPx) / scaleX, 0), sourceWidthPx);
  const down = (y: number): number => Math.min(Math.max((y - topPx) / scaleY, 0), sourceHeightPx);
  return [across(x1), down(y1), across(x2), down(y2)];
}

/** Planes G, B, R to float32 planes R, G, B, divided by 255. */
export function normalisePlainly(planes: Uint8Array, out: Float32Array): void {
  const area = out.length / 3;
  for (let i = 0; i < area; i += 1) {
    out[i] = planes[2 * area + i]! / 255;
    out[area + i] = planes[i]! / 255;
    out[2 * area + i] = planes[area + i]! / 255;
  }
}

/** Where a mask lies: the object's box in the picture, px. */
export type MaskBox = readonly [number, number, number, number];

/**
 * A mask: coefficients x prototypes, cut to the picture, drawn bilinear over it, above 0 and inside the box; as runs of the
 * picture's pixels, column by column.
 */
export function maskPlainly(prototypes: Float32Array, side: number, coefficients: Float32Array, [x1, y1, x2, y2]: MaskBox, { sourceWidthPx, sourceHeightPx, contentWidthPx, contentHeightPx, leftPx, topPx, inputWidthPx }: Letterbox): number[] {
  const logits = new Float32Array(side * side);
  for (let k = 0; k < coefficients.length; k += 1) {
    for (let i = 0; i < logits.length; i += 1) logits[i]! += coefficients[k]! * prototypes[k * logits.length + i]!;
  }
  const stride = inputWidthPx / side;
  const part = { left: leftPx / stride, top: topPx / stride, width: contentWidthPx / stride, height: contentHeightPx / stride };
  const runs: number[] = [];
  let [run, isMask] = [0, false];
  for (let x = 0; x < sourceWidthPx; x += 1) {
    for (let y = 0; y < sourceHeightPx; y += 1) {
      const inside = x >= x1 && x < x2 && y >= y1 && y < y2;
      const isSet = inside && sampled(logits, side, part, ((x + 0.5) * part.width) / sourceWidthPx - 0.5, ((y + 0.5) * part.height) / sourceHeightPx - 0.5) > 0;
      if (isSet !== isMask) {
        runs.push(run);
        [run, isMask] = [0, isSet];
      }
      run += 1;
    }
  }
  return [...runs, run];
}

function sampled(logits: Float32Array, side: number, { left, top, width, height }: { readonly left: number; readonly top: number; readonly width: number; readonly height: number }, x: number, y: number): number {
  const [px, py] = [Math.max(0, x), Math.max(0, y)];
  const [x0, y0] = [Math.floor(px), Math.floor(py)];
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)];
  const at = (column: number, row: number): number => logits[(top + row) * side + left + column]!;
  const above = at(x0, y0) * (1 - (px - x0)) + at(x1, y0) * (px - x0);
  const below = at(x0, y1) * (1 - (px - x0)) + at(x1, y1) * (px - x0);
  return above * (1 - (py - y0)) + below * (py - y0);
}
