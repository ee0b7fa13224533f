import { drawPane, type Body, type Strip } from "./body.js";
import { polygon, tone } from "./painter.js";
import { css, mix, WHITE, type Css, type Rgb } from "./palette.js";
import type { SidePoint } from "./vehicle-shapes.js";

/** Fills a polygon on the side of the vehicle that the camera sees. */
export type Panel = (points: readonly SidePoint[], fill: Css) => void;

const LAMP_LIT = "#fff6d0";
const TAIL_LIT = "#ff3b30";
const LAMP_OFF: Rgb = [240, 240, 225];
const TAIL_OFF: Rgb = [187, 28, 32];
const PLATE: Rgb = [235, 235, 230];
const PLATE_REAR: Rgb = [240, 235, 190];
const GRILLE: Rgb = [40, 42, 48];
const DOOR: Rgb = [45, 55, 65];
const SALOON_LIGHT = css([232, 206, 150]);
const SIDES = [1, -1] as const;

/** Grille, lamps and plates of a car, on the strips at its ends. */
export function drawCarEnds(body: Body, { index, rect }: Strip): void {
  const { canvas, shape } = body;
  const last = shape.profile.length;
  const on = canvas.palette.lampsOn;
  if (index === last - 2) {
    polygon(canvas, rect(0.15, 0.6, 0.62, -0.62), tone(canvas, GRILLE));
    polygon(canvas, rect(0.5, 0.85, 0.28, -0.28), tone(canvas, PLATE));
  } else if (index === last - 3) {
    for (const side of SIDES)
      polygon(canvas, rect(0.25, 0.95, side * 0.95, side * 0.58), on ? LAMP_LIT : tone(canvas, LAMP_OFF));
  } else if (index === 1) {
    for (const side of SIDES)
      polygon(canvas, rect(0.25, 0.8, side * 0.97, side * 0.62), on ? TAIL_LIT : tone(canvas, TAIL_OFF));
  } else if (index === 0) {
    polygon(canvas, rect(0.45, 0.85, 0.28, -0.28), tone(canvas, PLATE_REAR));
  }
}

/** Windscreen, sign, lamps and plates of a bus. */
export function drawBusEnds(body: Body, { index, rect }: Strip): void {
  const { canvas, vehicle } = body;
  const on = canvas.palette.lampsOn;
  // The profile's pieces: 0 rear, 3 the slope over the windscreen, 4 windscreen, 5 front.
  if (index === 4) drawPane(body, rect(0.02, 0.95, 0.93, -0.93), rect(0.1, 0.9, 0.5, 0.2));
  else if (index === 3 && vehicle.sign) {
    polygon(canvas, rect(0.15, 0.85, 0.75, -0.75), "#1a1a1a");
    polygon(canvas, rect(0.35, 0.65, 0.6, -0.55), "#ffb52e");
  } else if (index === 5) {
    for (const side of SIDES)
      polygon(canvas, rect(0.2, 0.65, side * 0.92, side * 0.66), on ? LAMP_LIT : tone(canvas, LAMP_OFF));
    polygon(canvas, rect(0.5, 0.8, 0.3, -0.3), tone(canvas, PLATE));
  } else if (index === 0) {
    polygon(canvas, rect(0.55, 0.9, 0.85, -0.85), tone(canvas, body.glass));
    for (const side of SIDES)
      polygon(canvas, rect(0.12, 0.3, side * 0.95, side * 0.78), on ? TAIL_LIT : tone(canvas, TAIL_OFF));
    polygon(canvas, rect(0.1, 0.18, 0.3, -0.3), tone(canvas, PLATE_REAR));
  }
}

const block = (from: number, to: number, low: number, high: number): SidePoint[] => [
  [from, low],
  [from, high],
  [to, high],
  [to, low],
];

/** Windows, door lines, handle and sill of a car. */
export function drawCarSide({ canvas, vehicle, shape, glass, halfLengthM }: Body, shade: number, panel: Panel): void {
  const paint = (factor: number): Css => tone(canvas, vehicle.paint, shade * factor);
  for (const window of shape.windows) panel(window, tone(canvas, glass));
  const pillar = (shape.windows.at(-1)?.[0]?.[0] ?? 0) - 0.04;
  const waist = shape.profile[shape.roofAt - 1]?.[1] ?? 1;
  panel(block(pillar - 0.015, pillar + 0.015, 0.42, waist), paint(0.75));
  panel(block(pillar - 0.32, pillar - 0.12, 0.8, 0.85), paint(0.6));
  panel(block(-halfLengthM * 0.95, halfLengthM * 0.95, 0.42, 0.5), paint(0.8));
  if (vehicle.taxi) panel(block(-1.2, 1.2, 0.66, 0.76), tone(canvas, [30, 30, 30]));
}

/** Height of a full-size bus's roof, m: a short one's windows end lower by the same share. */
const FULL_ROOF_M = 3.05;

/** Stripe, windows and, on the right, doors of a bus. */
export function drawBusSide(body: Body, shade: number, panel: Panel): void {
  const { canvas, vehicle, shape, glass, near, halfLengthM } = body;
  const low = (shape.profile[2]?.[1] ?? FULL_ROOF_M) / FULL_ROOF_M;
  if (vehicle.stripe) panel(block(-halfLengthM, halfLengthM, 0.8, 1.1), tone(canvas, vehicle.stripe, shade));
  const count = shape.lengthM > 10 ? 7 : 5;
  const width = (shape.lengthM - 1) / count;
  const lit = canvas.palette.lampsOn;
  const pane = lit ? SALOON_LIGHT : tone(canvas, glass);
  for (let i = 0; i < count; i++) {
    const from = 0.5 - halfLengthM + i * width;
    const to = from + width;
    const door = near === 1 && (i === count - 1 || i === Math.floor(count / 2) - 1);
    if (door) {
      const middle = from + width / 2;
      panel(block(from + 0.1, to - 0.15, 0.5, 2.6 * low), tone(canvas, DOOR));
      panel(block(from + 0.2, middle - 0.07, 0.7, 2.45 * low), pane);
      panel(block(middle + 0.03, to - 0.25, 0.7, 2.45 * low), pane);
      continue;
    }
    panel(block(from + 0.06, to - 0.06, 1.35, 2.5 * low), pane);
    const shine: SidePoint[] = [
      [from + 0.3, 1.35],
      [from + 0.8, 2.5 * low],
      [from + 1.05, 2.5 * low],
      [from + 0.55, 1.35],
    ];
    if (!lit) panel(shine, tone(canvas, mix(glass, WHITE, 0.2)));
  }
}
