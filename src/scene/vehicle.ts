import { daylight, drawPane, makeBody, visibleStrips, type Body, type Strip } from "./body.js";
import type { Point3 } from "./camera.js";
import type { Place, Vehicle } from "./movers.js";
import { glow, polygon, ring, tone, type Canvas } from "./painter.js";
import { SHADOW, type Css, type Rgb } from "./palette.js";
import type { Street } from "./street.js";
import type { Mark } from "./truth.js";
import { drawBusEnds, drawBusSide, drawCarEnds, drawCarSide } from "./vehicle-details.js";
import type { ProfilePoint, SidePoint } from "./vehicle-shapes.js";

const UNDERBODY: Rgb = [28, 29, 34];

/** Draws a car or bus. Glows and the light on the road come last and belong to no object. */
export function drawVehicle(canvas: Canvas, street: Street, vehicle: Vehicle, place: Place, mark: Mark): void {
  const body = makeBody(canvas, street, vehicle, place);
  canvas.mark = undefined;
  drawShadows(body);
  canvas.mark = mark;
  drawFarParts(body);
  for (const strip of visibleStrips(body)) drawStrip(body, strip);
  drawSide(body);
  drawWheels(body);
  if (vehicle.taxi) drawTaxiSign(body);
  canvas.mark = undefined;
  if (canvas.palette.lampsOn && !vehicle.parked) drawHeadlights(body);
}

function drawShadows({ canvas, street, halfLengthM, halfWidthM, at }: Body): void {
  const reach = street.sun.length * (street.time === "night" ? 0.2 : 1) * 0.5;
  const [sunX, sunZ] = [Math.cos(street.sun.angle) * reach, Math.sin(street.sun.angle) * reach];
  const foot = (length: number, width: number): Point3[] => {
    const [l, w] = [halfLengthM * length, halfWidthM * width];
    return [at(-l, 0, -w), at(-l, 0, w), at(l, 0, w), at(l, 0, -w)];
  };
  polygon(
    canvas,
    foot(1.02, 1.08).map(([x, y, z]) => [x + sunX, y, z + sunZ]),
    SHADOW,
    canvas.palette.shadow,
  );
  polygon(canvas, foot(1, 1), SHADOW, canvas.palette.shadow);
}

function wheel({ at, shape }: Body, axle: number, radius: number, right: number, corners = 16): Point3[] {
  return ring(corners, (cos, sin) => at(axle + radius * cos, shape.wheelM + radius * sin, right));
}

/** The wheels of the far side and the dark underside. */
function drawFarParts(body: Body): void {
  const { canvas, shape, near, halfWidthM, halfLengthM, at } = body;
  const dark = tone(canvas, UNDERBODY);
  for (const axle of shape.axles) {
    polygon(canvas, wheel(body, axle, shape.wheelM, -near * halfWidthM * 0.92, 12), dark);
    polygon(canvas, wheel(body, axle, shape.wheelM, near * halfWidthM * 0.7, 12), dark);
  }
  const sill = shape.profile[0]?.[1] ?? 0;
  const [low, high, length, width] = [sill - 0.14, sill + 0.1, halfLengthM * 0.94, halfWidthM * 0.9];
  const side = near * width;
  polygon(
    canvas,
    [at(-length, low, side), at(length, low, side), at(length, high, side), at(-length, high, side)],
    dark,
  );
  const end = body.facingM > 0 ? length : -length;
  polygon(canvas, [at(end, low, width), at(end, low, -width), at(end, high, -width), at(end, high, width)], dark);
}

function drawStrip(body: Body, strip: Strip): void {
  const { canvas, vehicle, shape, forward, street } = body;
  const slope = strip.up > 0.3 ? 1.02 : 0.92;
  const shade = strip.up > 0.8 ? 1.1 : daylight(street, strip.ahead * forward[0], strip.ahead * forward[1]) * slope;
  polygon(canvas, strip.rect(0, 1, 1, -1), tone(canvas, vehicle.paint, shade));
  if (shape.panes.includes(strip.index))
    drawPane(body, strip.rect(0.06, 0.94, 0.9, -0.9), strip.rect(0.1, 0.9, 0.6, 0.25));
  if (vehicle.bus) drawBusEnds(body, strip);
  else drawCarEnds(body, strip);
}

/** Half the width of the body at a height: what its side's details lie on. */
function halfWidthAt({ shape, vehicle, halfWidthM }: Body, up: number): number {
  if (vehicle.bus) return halfWidthM * 0.995;
  const roof = shape.profile[shape.roofAt] as ProfilePoint;
  const waist = shape.profile[shape.roofAt - 1] as ProfilePoint;
  if (up < waist[1]) return halfWidthM * 0.99;
  return halfWidthM * (0.96 + (roof[2] - 0.96) * Math.min(1, (up - waist[1]) / (roof[1] - waist[1])));
}

function drawSide(body: Body): void {
  const { canvas, street, vehicle, shape, near, halfWidthM, forward, at } = body;
  const shade = daylight(street, forward[1] * near, -forward[0] * near) * 0.94;
  polygon(
    canvas,
    shape.profile.map(([ahead, up, width]) => at(ahead, up, near * halfWidthM * width)),
    tone(canvas, vehicle.paint, shade),
  );
  const panel = (points: readonly SidePoint[], fill: Css): void => {
    polygon(
      canvas,
      points.map(([ahead, up]) => at(ahead, up, near * halfWidthAt(body, up))),
      fill,
    );
  };
  if (vehicle.bus) drawBusSide(body, shade, panel);
  else drawCarSide(body, shade, panel);
}

function drawWheels(body: Body): void {
  const { canvas, shape, near, halfWidthM } = body;
  for (const axle of shape.axles) {
    const right = near * halfWidthM;
    polygon(canvas, wheel(body, axle, shape.wheelM * 1.16, right * 0.995), tone(canvas, [38, 39, 45]));
    polygon(canvas, wheel(body, axle, shape.wheelM, right), tone(canvas, [24, 24, 28]));
    polygon(canvas, wheel(body, axle, shape.wheelM * 0.62, right, 12), tone(canvas, [178, 182, 190]));
    polygon(canvas, wheel(body, axle, shape.wheelM * 0.2, right, 8), tone(canvas, [80, 84, 92]));
  }
}

function drawTaxiSign({ canvas, near, facingM, at }: Body): void {
  const [low, high, side] = [1.45, 1.65, near * 0.25];
  polygon(canvas, [at(-0.3, low, side), at(-0.3, high, side), at(-0.1, high, side), at(-0.1, low, side)], "#fff3b0");
  const end = facingM > 0 ? -0.1 : -0.3;
  polygon(canvas, [at(end, low, 0.25), at(end, high, 0.25), at(end, high, -0.25), at(end, low, -0.25)], "#ffe680");
}

/** The farthest that a headlight throws its light on the road, m. */
const BEAM_M = 7;

function drawHeadlights({ canvas, street, facingM, halfLengthM, halfWidthM, at }: Body): void {
  if (facingM > 0)
    for (const side of [1, -1]) glow(canvas, at(halfLengthM, 0.7, side * halfWidthM * 0.75), 0.75, "light");
  if (street.time !== "night") return;
  const [near, far, from, to] = [halfWidthM * 0.8, halfWidthM * 1.9, halfLengthM, halfLengthM + BEAM_M];
  polygon(canvas, [at(from, 0.02, -near), at(from, 0.02, near), at(to, 0.02, far), at(to, 0.02, -far)], "#ffe9a8", 0.1);
}
