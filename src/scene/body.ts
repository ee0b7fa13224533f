import type { Point3 } from "./camera.js";
import type { Place, Vehicle } from "./movers.js";
import { polygon, tone, type Canvas } from "./painter.js";
import { mix, rgb, WHITE, type Rgb } from "./palette.js";
import type { Street } from "./street.js";
import type { ProfilePoint, VehicleShape } from "./vehicle-shapes.js";

/** A vehicle in its place, as its drawing needs it. */
export interface Body {
  readonly canvas: Canvas;
  readonly street: Street;
  readonly vehicle: Vehicle;
  readonly shape: VehicleShape;
  readonly halfLengthM: number;
  readonly halfWidthM: number;
  /** Direction of travel on the ground. */
  readonly forward: readonly [x: number, z: number];
  /** A place of the body: metres ahead of its middle, above the road, to its right. */
  readonly at: (ahead: number, up: number, right: number) => Point3;
  /** The side that the camera sees: right (1) or left (-1). */
  readonly near: 1 | -1;
  /** Metres that the camera is ahead of its middle: above 0 its front is seen. */
  readonly facingM: number;
  readonly glass: Rgb;
}

/** One piece of the body's skin, across its whole width: places by share along it and share of the half width. */
export interface Strip {
  /** Number of its first profile point. */
  readonly index: number;
  readonly from: ProfilePoint;
  readonly to: ProfilePoint;
  /** Its outward direction: ahead and up. */
  readonly ahead: number;
  readonly up: number;
  readonly distanceM: number;
  readonly rect: (from: number, to: number, right: number, left: number) => Point3[];
}

/** Puts a vehicle in its place. */
export function makeBody(canvas: Canvas, street: Street, vehicle: Vehicle, { x, z, heading }: Place): Body {
  const { camera } = street;
  const { shape } = vehicle;
  const [fx, fz] = [Math.sin(heading), Math.cos(heading)];
  return {
    canvas,
    street,
    vehicle,
    shape,
    halfLengthM: shape.lengthM / 2,
    halfWidthM: shape.widthM / 2,
    forward: [fx, fz],
    at: (ahead, up, right) => [x + fx * ahead + fz * right, up, z + fz * ahead - fx * right],
    near: (camera.x - x) * fz + z * fx > 0 ? 1 : -1,
    facingM: (camera.x - x) * fx - z * fz,
    glass: rgb(street.time === "night" ? "#3b4a63" : "#4a6a80"),
  };
}

/** Brightness of an upright face that looks this way on the ground. */
export function daylight(street: Street, nx: number, nz: number): number {
  return 0.9 + 0.14 * (nx * Math.cos(street.sun.angle + 2) + nz * Math.sin(street.sun.angle + 2));
}

/** A strip of glass with one band of reflected sky. */
export function drawPane(body: Body, pane: readonly Point3[], shine: readonly Point3[]): void {
  polygon(body.canvas, pane, tone(body.canvas, body.glass));
  polygon(body.canvas, shine, tone(body.canvas, mix(body.glass, WHITE, 0.22)));
}

/** The pieces of skin that face the camera, far ones first. */
export function visibleStrips(body: Body): Strip[] {
  const { shape, street, forward, at, halfWidthM } = body;
  const { camera } = street;
  const strips: Strip[] = [];
  for (let index = 0; index + 1 < shape.profile.length; index++) {
    const from = shape.profile[index] as ProfilePoint;
    const to = shape.profile[index + 1] as ProfilePoint;
    const [along, rise] = [to[0] - from[0], to[1] - from[1]];
    const length = Math.hypot(along, rise);
    const [ahead, up] = [-rise / length, along / length];
    const [x, y, z] = at((from[0] + to[0]) / 2, (from[1] + to[1]) / 2, 0);
    const [dx, dy, dz] = [camera.x - x, camera.heightM - y, -z];
    if (ahead * (dx * forward[0] + dz * forward[1]) + up * dy <= 0) continue;
    const point = (share: number, right: number): Point3 => {
      const width = halfWidthM * (from[2] + (to[2] - from[2]) * share);
      return at(from[0] + along * share, from[1] + rise * share, width * right);
    };
    strips.push({
      index,
      from,
      to,
      ahead,
      up,
      distanceM: Math.hypot(dx, dy, dz),
      rect: (a, b, right, left) => [point(a, right), point(b, right), point(b, left), point(a, left)],
    });
  }
  return strips.sort((a, b) => b.distanceM - a.distanceM);
}
