import type { Random } from "./random.js";

/** A place in the street: metres right of the road's middle, above the ground, and along the road. */
export type Point3 = readonly [x: number, y: number, z: number];
/** A place in the picture, px from its top left corner; may lie outside. */
export type Point2 = readonly [x: number, y: number];
/** Left, top, right, bottom, px. */
export type Bounds = [left: number, top: number, right: number, bottom: number];

/** How a camera looks at the street. */
export type View = "across" | "oblique" | "along";

/**
 * A pinhole camera above z = 0. It never tilts: the horizon is moved up or down by shifting the lens instead, as on an
 * architect's camera, so that upright things stay upright.
 */
export interface Camera {
  readonly x: number;
  readonly heightM: number;
  /** Of the angle between the road and the axis of the lens. */
  readonly sin: number;
  readonly cos: number;
  readonly focalPx: number;
  readonly horizonPx: number;
  /** Left and right swapped: traffic of the other half of the world. */
  readonly mirrored: boolean;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The picture's size: what a small street camera sends as its second stream. */
export const PICTURE_WIDTH_PX = 640;
export const PICTURE_HEIGHT_PX = 360;

/** Nothing nearer than this is drawn, m. */
export const NEAR_M = 0.9;
/** How far outside the picture a shape still counts as reachable, px: strokes and shadows reach in from there. */
const REACH_PX = 300;

/** Chooses a camera for a view. `roadHalfM` and `walkM` are the widths of half the road and of a pavement. */
export function chooseCamera(random: Random, view: View, roadHalfM: number, walkM: number, focalPx: number): Camera {
  const share = (low: number, high: number): number => PICTURE_HEIGHT_PX * random.between(low, high);
  const place = {
    across: () => [
      -(roadHalfM + random.between(4, 11)),
      random.between(2.6, 5.2),
      random.between(62, 118),
      share(0.2, 0.38),
    ],
    oblique: () => [
      -(roadHalfM + random.between(1, walkM - 0.6)),
      random.between(3, 6),
      random.between(28, 60),
      share(0.18, 0.36),
    ],
    along: () => [
      random.between(-roadHalfM - 1.5, roadHalfM * 0.4),
      random.between(3.2, 6.5),
      random.between(-8, 16),
      share(0.2, 0.36),
    ],
  }[view];
  const [x, heightM, yawDegrees, horizonPx] = place() as [number, number, number, number];
  const yaw = (yawDegrees * Math.PI) / 180;
  const mirrored = view !== "across" && random.chance(0.5);
  return {
    x,
    heightM,
    sin: Math.sin(yaw),
    cos: Math.cos(yaw),
    focalPx,
    horizonPx,
    mirrored,
    widthPx: PICTURE_WIDTH_PX,
    heightPx: PICTURE_HEIGHT_PX,
  };
}

/** A place of the street seen from the camera: metres to the right, above the ground, and ahead. */
export function toView(camera: Camera, x: number, y: number, z: number): Point3 {
  const dx = x - camera.x;
  return [dx * camera.cos - z * camera.sin, y, dx * camera.sin + z * camera.cos];
}

/** A place seen from the camera as a place in the picture. Its depth must be above 0. */
export function toScreen(camera: Camera, view: Point3): Point2 {
  const pxPerM = camera.focalPx / view[2];
  const x = camera.widthPx / 2 + (camera.mirrored ? -pxPerM : pxPerM) * view[0];
  return [x, camera.horizonPx + pxPerM * (camera.heightM - view[1])];
}

/** A polygon in the picture. */
export interface Outline {
  readonly points: readonly Point2[];
  readonly bounds: Bounds;
  /** False when it lies so far outside that nothing of it can show. */
  readonly inReach: boolean;
}

/** Projects a polygon of the street, cut off at the near plane; undefined when all of it lies behind that plane. */
export function projectPolygon(camera: Camera, world: readonly Point3[]): Outline | undefined {
  const seen = world.map((point) => toView(camera, point[0], point[1], point[2]));
  const points: Point2[] = [];
  for (let i = 0; i < seen.length; i++) {
    const from = seen[i] as Point3;
    const to = seen[(i + 1) % seen.length] as Point3;
    const fromAhead = from[2] >= NEAR_M;
    if (fromAhead) points.push(toScreen(camera, from));
    if (fromAhead !== to[2] >= NEAR_M) points.push(toScreen(camera, cutAtNear(from, to)));
  }
  if (points.length === 0) return undefined;
  const bounds = boundsOf(points);
  const inReach =
    bounds[2] >= -REACH_PX &&
    bounds[0] <= camera.widthPx + REACH_PX &&
    bounds[3] >= -REACH_PX &&
    bounds[1] <= camera.heightPx + REACH_PX;
  return { points, bounds, inReach };
}

function cutAtNear(from: Point3, to: Point3): Point3 {
  const share = (NEAR_M - from[2]) / (to[2] - from[2]);
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, NEAR_M];
}

function boundsOf(points: readonly Point2[]): Bounds {
  const bounds: Bounds = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < bounds[0]) bounds[0] = x;
    if (y < bounds[1]) bounds[1] = y;
    if (x > bounds[2]) bounds[2] = x;
    if (y > bounds[3]) bounds[3] = y;
  }
  return bounds;
}
