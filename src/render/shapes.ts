import { BODY, BODY_POINTS, LEAST_POINT_SCORE } from "../core/body.js";
import { eachPieceAt } from "../core/mask.js";
import type { Yuv } from "../picture/index.js";
import type { FrameRecord } from "../wire/index.js";
import { even, fillRect, strokeLine, strokeRect, tintColumn, type Canvas } from "./painter.js";

type DetectedObject = FrameRecord["objects"][number];

/** From the record's pixels to the canvas's. */
export type Scale = readonly [across: number, down: number];

/** How an object is drawn. */
export interface Stroke {
  readonly linePx: number;
  readonly colour: Yuv;
}

/** Masks first: lines lie over them. A mask is a tint; an outline without its mask is a line. */
export function drawInside(canvas: Canvas, { mask, polygon }: DetectedObject, scale: Scale, stroke: Stroke): void {
  if (mask) eachPieceAt(mask, canvas.widthPx, canvas.heightPx, (x, fromY, toY) => tintColumn(canvas, x, fromY, toY, stroke.colour));
  else for (const ring of polygon ?? []) drawRing(canvas, ring, scale, stroke);
}

/** The box, turned where it is, and the points of a pose. What a classifier says is about the whole picture: it has none. */
export function drawLines(canvas: Canvas, object: DetectedObject, scale: Scale, stroke: Stroke): void {
  if (object.classes !== undefined) return;
  drawBox(canvas, object, scale, stroke);
  if (object.keypoints) drawPose(canvas, object.keypoints, scale, stroke);
}

function drawBox(canvas: Canvas, { box: [x1, y1, x2, y2], corners }: DetectedObject, [across, down]: Scale, { linePx, colour }: Stroke): void {
  if (!corners) return strokeRect(canvas, even(x1 * across), even(y1 * down), even(x2 * across), even(y2 * down), linePx, colour);
  const points = corners.map(([x, y]) => [x * across, y * down] as const);
  for (const [i, point] of points.entries()) strokeLine(canvas, point, points[(i + 1) % points.length]!, linePx, colour);
}

function drawRing(canvas: Canvas, ring: readonly number[], [across, down]: Scale, { linePx, colour }: Stroke): void {
  for (let i = 0; i + 1 < ring.length; i += 2) {
    const next = (i + 2) % ring.length;
    strokeLine(canvas, [ring[i]! * across, ring[i + 1]! * down], [ring[next]! * across, ring[next + 1]! * down], linePx, colour);
  }
}

function drawPose(canvas: Canvas, keypoints: NonNullable<DetectedObject["keypoints"]>, [across, down]: Scale, { linePx, colour }: Stroke): void {
  const sure = keypoints.map(([x, y, score]) => (score >= LEAST_POINT_SCORE ? ([x * across, y * down] as const) : undefined));
  for (const [a, b] of keypoints.length === BODY_POINTS ? BODY : []) {
    const [from, to] = [sure[a], sure[b]];
    if (from && to) strokeLine(canvas, from, to, linePx, colour);
  }
  for (const point of sure) if (point) fillRect(canvas, even(point[0]) - linePx, even(point[1]) - linePx, even(point[0]) + linePx, even(point[1]) + linePx, colour);
}
