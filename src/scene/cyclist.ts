import { toView, type Point3 } from "./camera.js";
import { drawArm, drawHead, drawLeg, makeFigure, type Figure, type Joint } from "./figure.js";
import type { Cyclist, Place } from "./movers.js";
import { line, polygon, ring, tone, type Canvas } from "./painter.js";
import { SHADOW, type Css } from "./palette.js";
import type { Street } from "./street.js";
import type { Mark } from "./truth.js";

const WHEEL_M = 0.345;
const AXLES = [-0.52, 0.55] as const;
/** Where the pedals turn, and the length of their cranks. */
const CRANK: Joint = [-0.02, 0.29];
const CRANK_M = 0.17;
/** Radians that the pedals turn in a second. */
const CADENCE = 6;
/** Length of a thigh and of a shin, m, and the most they reach together. */
const LIMB_M = 0.44;
const REACH_M = 0.86;
/** Spokes show when a metre is at least this large, px. */
const SPOKES_FROM_PX = 28;

/** Draws a bicycle and, unless it is parked, its rider: far limbs, bicycle, then the rest, each for its own object. */
export function drawCyclist(
  canvas: Canvas,
  street: Street,
  cyclist: Cyclist,
  place: Place,
  atS: number,
  bicycle: Mark,
  rider: Mark | undefined,
): void {
  // Riders are adults: a child's limbs would not reach the pedals.
  const size = Math.min(1.05, Math.max(0.92, cyclist.looks.height));
  const figure = makeFigure(canvas, street, cyclist.looks, size, place);
  const turn = cyclist.looks.phase + (cyclist.parked ? 0 : atS * CADENCE);
  canvas.mark = undefined;
  drawShadow(canvas, street, figure);
  if (rider) {
    canvas.mark = rider;
    drawRidingLeg(figure, turn + Math.PI, true);
    drawArm(figure, -figure.near * 0.17, ridingArm(size), true);
  }
  canvas.mark = bicycle;
  drawWheels(figure, street, turn, bicycle);
  drawFrame(figure, cyclist, turn);
  if (rider) {
    canvas.mark = rider;
    drawRider(figure, cyclist, turn);
  }
  canvas.mark = undefined;
}

function drawShadow(canvas: Canvas, street: Street, { at }: Figure): void {
  const reach = 0.14 * street.sun.length;
  const [dx, dz] = [Math.cos(street.sun.angle) * reach, Math.sin(street.sun.angle) * reach];
  const foot = (
    [
      [-0.95, -0.14],
      [0.95, -0.14],
      [0.95, 0.14],
      [-0.95, 0.14],
    ] as const
  ).map(([ahead, right]): Point3 => {
    const [x, y, z] = at(ahead, 0, right);
    return [x + dx, y, z + dz];
  });
  polygon(canvas, foot, SHADOW, canvas.palette.shadow);
}

const pedal = (turn: number): Joint => [CRANK[0] + CRANK_M * Math.cos(turn), CRANK[1] + CRANK_M * Math.sin(turn)];
const ridingArm = (size: number): [Joint, Joint, Joint] => [
  [0.1, 1.36 * size],
  [0.3, 1.14 * size],
  [0.46, 1.02],
];

/** The knee lies where two limbs of one length meet between hip and foot. */
function kneeBetween(hip: Joint, foot: Joint): Joint {
  const [dx, dy] = [foot[0] - hip[0], foot[1] - hip[1]];
  const angle = Math.atan2(dy, dx) + Math.acos(Math.min(1, Math.min(REACH_M, Math.hypot(dx, dy)) / 2 / LIMB_M));
  return [hip[0] + LIMB_M * Math.cos(angle), hip[1] + LIMB_M * Math.sin(angle)];
}

function drawRidingLeg(figure: Figure, turn: number, far: boolean): void {
  const [ahead, up] = pedal(turn);
  const hip: Joint = [-0.24, 0.98 * figure.size];
  const foot: Joint = [ahead, up + 0.05];
  const side = (far ? -figure.near : figure.near) * 0.1;
  drawLeg(figure, side, [hip, kneeBetween(hip, foot), foot, [ahead + 0.14, up + 0.03]], far);
}

function drawWheels({ canvas, at }: Figure, street: Street, turn: number, mark: Mark): void {
  const tyre = tone(canvas, [30, 30, 36]);
  for (const axle of AXLES) {
    const rim = ring(18, (cos, sin) => at(axle + WHEEL_M * cos, WHEEL_M + WHEEL_M * sin, 0));
    line(canvas, [...rim, rim[0] as Point3], 0.055, tyre);
    const hub = at(axle, WHEEL_M, 0);
    if (street.camera.focalPx / toView(street.camera, ...hub)[2] <= SPOKES_FROM_PX) continue;
    // One can look through a wheel: the spokes are too thin to belong to the bicycle's pixels.
    canvas.mark = undefined;
    for (let spoke = 0; spoke < 4; spoke++) {
      const angle = turn + (spoke * Math.PI) / 4;
      const [dx, dy] = [WHEEL_M * 0.9 * Math.cos(angle), WHEEL_M * 0.9 * Math.sin(angle)];
      line(
        canvas,
        [at(axle - dx, WHEEL_M - dy, 0), at(axle + dx, WHEEL_M + dy, 0)],
        0.012,
        tone(canvas, [150, 155, 165]),
      );
    }
    canvas.mark = mark;
  }
}

function drawFrame({ canvas, at, near }: Figure, cyclist: Cyclist, turn: number): void {
  const paint = tone(canvas, cyclist.frame);
  const grey = tone(canvas, [150, 155, 165]);
  const dark = tone(canvas, [30, 30, 36]);
  const tube = (joints: readonly Joint[], width: number, colour: Css): void =>
    line(
      canvas,
      joints.map((joint) => at(...joint, 0)),
      width,
      colour,
    );
  const [rear, front] = [
    [AXLES[0], WHEEL_M],
    [AXLES[1], WHEEL_M],
  ] as const;
  const [neck, seat] = [
    [0.42, 0.78],
    [-0.2, 0.78],
  ] as const;
  tube([rear, CRANK, neck, seat, CRANK], 0.05, paint);
  tube([rear, seat], 0.04, paint);
  tube([front, neck, [0.4, 0.98]], 0.05, paint);
  tube([seat, [-0.25, 0.92]], 0.04, grey);
  tube(
    [
      [-0.38, 0.94],
      [-0.12, 0.94],
    ],
    0.07,
    dark,
  );
  line(canvas, [at(0.46, 1.02, -0.25), at(0.4, 0.99, 0), at(0.46, 1.02, 0.25)], 0.045, dark);
  line(
    canvas,
    [at(...pedal(turn + Math.PI), -0.1 * near), at(...CRANK, 0), at(...pedal(turn), 0.1 * near)],
    0.04,
    grey,
  );
}

function drawRider(figure: Figure, cyclist: Cyclist, turn: number): void {
  const { canvas, looks, size, at, near } = figure;
  drawRidingLeg(figure, turn, false);
  if (looks.bag) line(canvas, [at(-0.28, 1.1 * size, 0), at(-0.1, 1.36 * size, 0)], 0.24, tone(canvas, looks.accent));
  const torso = [
    at(-0.22, size, -0.05),
    at(0.08, 1.36 * size, -0.08),
    at(0.08, 1.36 * size, 0.08),
    at(-0.22, size, 0.05),
  ];
  line(canvas, torso, 0.25 * looks.width, figure.shirt);
  line(canvas, [at(0.12, 1.42 * size, 0), at(0.16, 1.5 * size, 0)], 0.09, figure.skin);
  drawHead(figure, 0.2, 1.62 * size, cyclist.helmet);
  drawArm(figure, near * 0.17, ridingArm(size), false);
}
