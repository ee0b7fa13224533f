import {
  NEAR_M,
  projectPolygon,
  toScreen,
  toView,
  type Camera,
  type Outline,
  type Point2,
  type Point3,
} from "./camera.js";
import { css, mix, type Css, type Palette, type Rgb } from "./palette.js";
import { createMark, extend, fillEllipse, fillPolygon, PERSON, type Mark, type TruthBuffer } from "./truth.js";

/** A picture being drawn: SVG elements in painter's order and, beside them, who owns which pixel. */
export interface Canvas {
  readonly camera: Camera;
  readonly palette: Palette;
  readonly parts: string[];
  /** Missing where no truth is asked for: the background. */
  readonly truth: TruthBuffer | undefined;
  /** What the next shapes belong to; undefined for what neither is seen as an object nor hides one: shadows, glows. */
  mark: Mark | undefined;
  /** Share of haze over the next shapes, 0..1. */
  haze: number;
}

/** A new empty canvas. */
export function createCanvas(camera: Camera, palette: Palette, truth?: TruthBuffer): Canvas {
  return { camera, palette, parts: [], truth, mark: undefined, haze: 0 };
}

/** A mark for things that only hide others. */
export const hider = (): Mark => createMark(0, PERSON, 0, false);

/** The canvas as an SVG document. */
export function toSvg(canvas: Canvas): string {
  const { widthPx, heightPx } = canvas.camera;
  const size = `width="${widthPx}" height="${heightPx}" viewBox="0 0 ${widthPx} ${heightPx}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>${canvas.parts.join("")}</svg>`;
}

/** A length as SVG takes it, to a tenth of a pixel. */
export function px(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A colour of the world in the light of the scene, `shade` times as bright. */
export function tone(canvas: Canvas, colour: Rgb, shade = 1): Css {
  const { ambient, tint, skyBottom, far } = canvas.palette;
  const lit: Rgb = [
    colour[0] * shade * ambient[0] + tint[0],
    colour[1] * shade * ambient[1] + tint[1],
    colour[2] * shade * ambient[2] + tint[2],
  ];
  return css(canvas.haze > 0 ? mix(lit, mix(skyBottom, far, 0.4), canvas.haze) : lit);
}

/** Draws a polygon of the street. Returns its outline, or undefined when nothing of it was drawn. */
export function polygon(canvas: Canvas, world: readonly Point3[], fill: Css, opacity = 1): Outline | undefined {
  const outline = projectPolygon(canvas.camera, world);
  if (!outline) return undefined;
  const { mark } = canvas;
  if (mark) extend(mark, ...outline.bounds);
  if (!outline.inReach) return undefined;
  const alpha = opacity < 1 ? ` fill-opacity="${opacity.toFixed(2)}"` : "";
  canvas.parts.push(`<path d="${path(outline.points)}Z" fill="${fill}"${alpha}/>`);
  if (mark && canvas.truth) fillPolygon(canvas.truth, outline.points, mark);
  return outline;
}

/** The thinnest line drawn, px: thinner ones flicker. */
const THINNEST_PX = 0.7;

/** Draws a thick line through places of the street; `widthM` is its thickness in the street. */
export function line(
  canvas: Canvas,
  world: readonly Point3[],
  widthM: number,
  stroke: Css,
  cap: "round" | "butt" = "round",
): void {
  const { camera } = canvas;
  const points: Point2[] = [];
  let pxPerM = 0;
  for (const [x, y, z] of world) {
    const seen = toView(camera, x, y, z);
    if (seen[2] < NEAR_M) return;
    pxPerM += camera.focalPx / seen[2] / world.length;
    points.push(toScreen(camera, seen));
  }
  const widthPx = Math.max(THINNEST_PX, widthM * pxPerM);
  const style = `stroke="${stroke}" stroke-width="${widthPx.toFixed(2)}" stroke-linecap="${cap}"`;
  canvas.parts.push(`<path d="${path(points)}" fill="none" ${style} stroke-linejoin="round"/>`);
  if (canvas.mark && canvas.truth) fillLine(canvas.truth, points, Math.max(0.5, widthPx / 2), cap, canvas.mark);
}

/** Draws an upright ellipse around a place of the street: half axes in m, the second one vertical. */
export function ball(canvas: Canvas, [x, y, z]: Point3, radiusM: number, fill: Css, verticalM = radiusM): void {
  const { camera } = canvas;
  const seen = toView(camera, x, y, z);
  if (seen[2] < NEAR_M) return;
  const pxPerM = camera.focalPx / seen[2];
  const [cx, cy] = toScreen(camera, seen);
  const rx = radiusM * pxPerM;
  const ry = verticalM * pxPerM;
  canvas.parts.push(`<ellipse cx="${px(cx)}" cy="${px(cy)}" rx="${px(rx)}" ry="${px(ry)}" fill="${fill}"/>`);
  if (canvas.mark && canvas.truth) fillEllipse(canvas.truth, cx, cy, rx, ry, canvas.mark);
}

/** Draws a soft light (the gradient of that id) around a place of the street that is at least 2 m away. */
export function glow(canvas: Canvas, [x, y, z]: Point3, radiusM: number, gradient: string): void {
  const { camera } = canvas;
  const seen = toView(camera, x, y, z);
  if (seen[2] <= 2) return;
  const [cx, cy] = toScreen(camera, seen);
  const radiusPx = (radiusM * camera.focalPx) / seen[2];
  canvas.parts.push(`<circle cx="${px(cx)}" cy="${px(cy)}" r="${px(radiusPx)}" fill="url(#${gradient})"/>`);
}

/** A circle of so many corners; `at` turns an angle's cosine and sine into a place of the street. */
export function ring(corners: number, at: (cos: number, sin: number) => Point3): Point3[] {
  const step = (2 * Math.PI) / corners;
  return Array.from({ length: corners }, (_, i) => at(Math.cos(i * step), Math.sin(i * step)));
}

function path(points: readonly Point2[]): string {
  let text = "";
  for (const [x, y] of points) text += `${text === "" ? "M" : "L"}${px(x)} ${px(y)}`;
  return text;
}

function fillLine(
  truth: TruthBuffer,
  points: readonly Point2[],
  halfPx: number,
  cap: "round" | "butt",
  mark: Mark,
): void {
  points.forEach((to, i) => {
    const inner = i > 0 && i < points.length - 1;
    if (cap === "round" || inner) fillEllipse(truth, to[0], to[1], halfPx, halfPx, mark);
    const from = points[i - 1];
    if (!from) return;
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]) || 1;
    const nx = ((to[1] - from[1]) * halfPx) / length;
    const ny = ((from[0] - to[0]) * halfPx) / length;
    const bar: Point2[] = [
      [from[0] + nx, from[1] + ny],
      [to[0] + nx, to[1] + ny],
      [to[0] - nx, to[1] - ny],
      [from[0] - nx, from[1] - ny],
    ];
    fillPolygon(truth, bar, mark);
  });
}
