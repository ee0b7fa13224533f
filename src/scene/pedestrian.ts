import type { Point3 } from "./camera.js";
import { drawArm, drawHead, drawLeg, makeFigure, type Figure, type Joint } from "./figure.js";
import type { Pedestrian, Place } from "./movers.js";
import { line, polygon, ring, tone, type Canvas } from "./painter.js";
import { SHADOW } from "./palette.js";
import type { Street } from "./street.js";
import type { Mark } from "./truth.js";

/** Radians of the walking cycle in a second at 1.3 m/s, and the slowest step against that. */
const STEP_RATE = 5.2;
const STEP_SPEED_MPS = 1.3;
const SLOWEST_STEP = 0.6;
/** How much of a walker's swing is left in somebody who stands. */
const STANDING_SWING = 0.12;

/** One moment of the walking cycle. */
interface Gait {
  readonly phase: number;
  /** 0..1 of a full swing. */
  readonly swing: number;
  /** The body's rise above its height at rest, m. */
  readonly bob: number;
  readonly size: number;
}

/** Draws somebody who walks or stands. */
export function drawPedestrian(
  canvas: Canvas,
  street: Street,
  pedestrian: Pedestrian,
  place: Place,
  atS: number,
  mark: Mark,
): void {
  const { looks, way } = pedestrian;
  const figure = makeFigure(canvas, street, looks, looks.height, place);
  const phase = looks.phase + atS * STEP_RATE * Math.max(SLOWEST_STEP, way.speedMps / STEP_SPEED_MPS);
  const swing = way.speedMps > 0 ? 1 : STANDING_SWING;
  const gait: Gait = { phase, swing, bob: 0.02 * Math.abs(Math.cos(phase)) * swing * looks.height, size: looks.height };
  canvas.mark = undefined;
  drawShadow(canvas, street, place, looks.height);
  canvas.mark = mark;
  drawBody(figure, gait);
  canvas.mark = undefined;
}

function drawShadow(canvas: Canvas, street: Street, { x, z }: Place, size: number): void {
  const { angle, length } = street.sun;
  const [dirX, dirZ] = [Math.cos(angle), Math.sin(angle)];
  const reach = length * 0.35;
  const shadow = canvas.palette.shadow;
  polygon(
    canvas,
    ring(12, (cos, sin): Point3 => [x + 0.32 * cos + dirX * reach, 0, z + 0.26 * sin + dirZ * reach]),
    SHADOW,
    shadow,
  );
  if (street.time !== "day") return;
  const far = 1.95 * size * length * length;
  const corner = (side: number, away: number): Point3 => [
    x - dirZ * side + dirX * away,
    0,
    z + dirX * side + dirZ * away,
  ];
  polygon(canvas, [corner(-0.14, 0), corner(0.14, 0), corner(0.12, far), corner(-0.12, far)], SHADOW, shadow * 0.8);
}

function legJoints({ phase, swing, bob, size }: Gait, offset: number): [Joint, Joint, Joint, Joint] {
  const thigh = 0.48 * swing * Math.sin(phase + offset);
  const shin = thigh - 0.75 * swing * Math.max(0, Math.cos(phase + offset));
  const hip: Joint = [0, 0.9 * size + bob];
  const knee: Joint = [0.44 * size * Math.sin(thigh), hip[1] - 0.44 * size * Math.cos(thigh)];
  const ankle: Joint = [knee[0] + 0.42 * size * Math.sin(shin), knee[1] - 0.42 * size * Math.cos(shin)];
  return [hip, knee, ankle, [ankle[0] + 0.15 * size, ankle[1] - 0.015 * size]];
}

function armJoints({ phase, swing, bob, size }: Gait, offset: number): [Joint, Joint, Joint] {
  const upper = 0.5 * swing * Math.sin(phase + offset);
  const lower = upper + 0.35 * swing + 0.1;
  const shoulder: Joint = [0, 1.38 * size + bob];
  const elbow: Joint = [0.27 * size * Math.sin(upper), shoulder[1] - 0.27 * size * Math.cos(upper)];
  return [shoulder, elbow, [elbow[0] + 0.25 * size * Math.sin(lower), elbow[1] - 0.25 * size * Math.cos(lower)]];
}

function drawBody(figure: Figure, gait: Gait): void {
  const { canvas, looks, near, size, at, facing } = figure;
  const hipM = 0.085 * size;
  const shoulderM = 0.2 * size * looks.width;
  // Each arm swings against the leg of its side.
  const [left, right] = [0, Math.PI];
  const [nearLeg, farLeg] = near > 0 ? [left, right] : [right, left];
  drawArm(figure, -near * shoulderM, armJoints(gait, nearLeg), true);
  drawLeg(figure, -near * hipM, legJoints(gait, farLeg), true);
  drawLeg(figure, near * hipM, legJoints(gait, nearLeg), false);
  if (looks.skirt) drawSkirt(figure, 0.9 * size + gait.bob);
  const bagBehind = looks.bag && facing > 0;
  if (bagBehind) {
    const bag = [
      at(-0.16 * size, 1.4 * size, -0.12 * size),
      at(-0.32 * size, 1.38 * size, 0),
      at(-0.34 * size, size, 0),
      at(-0.16 * size, 0.95 * size, 0.12 * size),
    ];
    polygon(canvas, bag, tone(canvas, looks.accent, 0.9));
  }
  drawTorso(figure, gait.bob);
  if (looks.bag && !bagBehind) {
    const bag = [
      at(-0.18 * size, 1.3 * size, -0.05),
      at(-0.18 * size, 1.3 * size, 0.05),
      at(-0.18 * size, 1.08 * size, 0.05),
      at(-0.18 * size, 1.08 * size, -0.05),
    ];
    line(canvas, bag, 0.2 * size, tone(canvas, looks.accent));
  }
  line(canvas, [at(0.01, 1.42 * size + gait.bob, 0), at(0.02, 1.5 * size + gait.bob, 0)], 0.09 * size, figure.skin);
  drawHead(figure, 0.03 * size, 1.62 * size + gait.bob);
  drawArm(figure, near * shoulderM, armJoints(gait, farLeg), false);
}

function drawSkirt({ canvas, at, size, near, trousers }: Figure, hipUp: number): void {
  const waist = hipUp + 0.1;
  const corners = [
    at(-0.14 * size, waist, -0.14 * size),
    at(0.14 * size, waist, 0.14 * size),
    at(0.2 * size, 0.5 * size, 0.2 * size),
    at(0.1 * size, 0.48 * size, near * 0.2 * size),
    at(-0.2 * size, 0.5 * size, -0.2 * size),
  ];
  polygon(canvas, corners, trousers);
}

function drawTorso({ canvas, looks, at, size, shirt }: Figure, bob: number): void {
  const wide = size * looks.width;
  const [top, bottom] = [1.33 * size + bob, 0.98 * size + bob];
  const [shoulder, waist] = [0.115 * wide, 0.07 * wide];
  const outline = [
    at(0, top, -shoulder),
    at(0, top, shoulder),
    at(0, bottom, waist),
    at(0, bottom, -waist),
    at(0, top, -shoulder),
  ];
  line(canvas, outline, 0.2 * wide, shirt);
  const [collar, hem] = [1.36 * size + bob, 0.95 * size + bob];
  polygon(
    canvas,
    [at(0, collar, -0.14 * wide), at(0, collar, 0.14 * wide), at(0, hem, 0.11 * wide), at(0, hem, -0.11 * wide)],
    shirt,
  );
}
