import type { Point3 } from "./camera.js";
import type { Looks, Place } from "./movers.js";
import { ball, line, tone, type Canvas } from "./painter.js";
import { scale, type Css, type Rgb } from "./palette.js";
import type { Street } from "./street.js";

/** A joint of a body seen from its side: metres ahead of its middle and above the ground. */
export type Joint = readonly [ahead: number, up: number];

/** A person in place: where its parts are and how they are coloured. */
export interface Figure {
  readonly canvas: Canvas;
  readonly looks: Looks;
  /** Height against an adult. */
  readonly size: number;
  /** A place: metres ahead, up, to its right. */
  readonly at: (ahead: number, up: number, right: number) => Point3;
  /** The side that the camera sees: right (1) or left (-1). */
  readonly near: 1 | -1;
  /** 1 = looks at the camera, -1 = turns its back. */
  readonly facing: number;
  readonly shirt: Css;
  readonly trousers: Css;
  readonly skin: Css;
}

/** Puts a person in its place. */
export function makeFigure(
  canvas: Canvas,
  street: Street,
  looks: Looks,
  size: number,
  { x, z, heading }: Place,
): Figure {
  const [fx, fz] = [Math.sin(heading), Math.cos(heading)];
  const [dx, dz] = [street.camera.x - x, -z];
  return {
    canvas,
    looks,
    size,
    at: (ahead, up, right) => [x + fx * ahead + fz * right, up, z + fz * ahead - fx * right],
    near: dx * fz - dz * fx > 0 ? 1 : -1,
    facing: (dx * fx + dz * fz) / Math.hypot(dx, dz),
    shirt: tone(canvas, looks.shirt),
    trousers: tone(canvas, looks.trousers),
    skin: tone(canvas, looks.skin),
  };
}

/** Draws a leg: hip, knee, ankle, toe. Far ones are a little darker. */
export function drawLeg(
  figure: Figure,
  right: number,
  joints: readonly [Joint, Joint, Joint, Joint],
  far: boolean,
): void {
  const { canvas, looks, size, at } = figure;
  const [hip, knee, ankle, toe] = joints.map((joint) => at(...joint, right)) as [Point3, Point3, Point3, Point3];
  const cloth = far ? tone(canvas, looks.trousers, 0.8) : figure.trousers;
  line(canvas, [hip, knee, ankle], 0.145 * size * looks.width, cloth);
  line(canvas, [ankle, toe], 0.1 * size, tone(canvas, scale(looks.trousers, 0.35)));
}

/** Draws an arm: shoulder, elbow, hand. */
export function drawArm(figure: Figure, right: number, joints: readonly [Joint, Joint, Joint], far: boolean): void {
  const { canvas, looks, size, at } = figure;
  const [shoulder, elbow, hand] = joints;
  const sleeve = far ? tone(canvas, looks.shirt, 0.82) : figure.shirt;
  line(
    canvas,
    [at(...shoulder, right), at(...elbow, right * 1.12), at(...hand, right)],
    0.1 * size * looks.width,
    sleeve,
  );
  ball(canvas, at(...hand, right), 0.055 * size, figure.skin);
}

/** Radius of a head, m. */
const HEAD_M = 0.125;
/** Seen from behind from this on: hair only. */
const BACK_OF_HEAD = -0.35;

/** Draws a head around a place, with hair, hat or helmet. */
export function drawHead(figure: Figure, ahead: number, up: number, helmet?: Rgb): void {
  const { canvas, looks, size, at, skin } = figure;
  const radius = HEAD_M * size;
  if (helmet) {
    ball(canvas, at(ahead, up, 0), radius, skin, radius * 1.12);
    ball(canvas, at(ahead - 0.02, up + radius * 0.45, 0), radius * 1.12, tone(canvas, helmet), radius * 0.72);
    return;
  }
  const hair = tone(canvas, looks.hair);
  if (looks.longHair) ball(canvas, at(ahead - 0.05 * size, up - 0.06 * size, 0), radius * 1.05, hair, radius * 1.35);
  if (figure.facing < BACK_OF_HEAD) {
    ball(canvas, at(ahead, up, 0), radius, hair, radius * 1.12);
  } else {
    ball(canvas, at(ahead - 0.03 * size, up + 0.03 * size, 0), radius * 1.06, hair, radius * 1.12);
    ball(canvas, at(ahead + 0.035 * size, up - 0.035 * size, 0), radius * 0.86, skin, radius * 0.95);
  }
  if (!looks.hat) return;
  const hat = tone(canvas, looks.accent);
  ball(canvas, at(ahead, up + radius * 0.62, 0), radius * 1.05, hat, radius * 0.6);
  line(
    canvas,
    [at(ahead - 0.02, up + radius * 0.45, 0), at(ahead + 0.2 * size, up + radius * 0.42, 0)],
    0.04 * size,
    hat,
  );
}
