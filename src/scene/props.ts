import { toView, type Point3 } from "./camera.js";
import { LAMP_REACH_M } from "./background.js";
import { ball, glow, hider, line, polygon, ring, tone, type Canvas } from "./painter.js";
import { CAR_PAINTS, rgb, SHADOW } from "./palette.js";
import { seededRandom } from "./random.js";
import type { Prop, Street } from "./street.js";

const TRUNK = rgb("#7a5a44");
const POLE = rgb("#4b5563");
const WOOD = rgb("#8b5e3c");
const WOOD_DARK = rgb("#6f4a2f");

/** Nearer than this a thing would fill the picture: it is left out, m. */
const LEAST_DISTANCE_M = { tree: 11, lamp: 7, sign: 5, bench: 5, bin: 5, box: 5, bush: 5 } as const;

/** Whether a prop is far enough from the camera to be drawn. */
export function isPropShown(street: Street, prop: Prop): boolean {
  return toView(street.camera, prop.x, 0, prop.z)[2] > LEAST_DISTANCE_M[prop.kind];
}

/** Draws a thing of the pavement. It hides what is behind it. */
export function drawProp(canvas: Canvas, street: Street, prop: Prop): void {
  canvas.mark = hider();
  if (prop.kind === "tree") drawTree(canvas, street, prop);
  else if (prop.kind === "lamp") drawLamp(canvas, prop);
  else if (prop.kind === "sign") drawSign(canvas, prop);
  else if (prop.kind === "bench") drawBench(canvas, prop);
  else if (prop.kind === "bush") drawBush(canvas, prop);
  else drawBox(canvas, street, prop, prop.kind === "bin" ? 0.9 : 1.3);
  canvas.mark = undefined;
}

function drawTree(canvas: Canvas, street: Street, { x, z, size }: Prop): void {
  const { mark } = canvas;
  canvas.mark = undefined;
  const [sunX, sunZ] = [Math.cos(street.sun.angle) * 0.8, Math.sin(street.sun.angle) * 0.8];
  const shade = ring(14, (cos, sin): Point3 => [x + 1.4 * size * cos + sunX, 0, z + 1.4 * size * sin + sunZ]);
  polygon(canvas, shade, SHADOW, canvas.palette.shadow * 0.8);
  canvas.mark = mark;
  line(
    canvas,
    [
      [x, 0, z],
      [x, 2.6 * size, z],
    ],
    0.26 * size,
    tone(canvas, TRUNK),
    "butt",
  );
  const [middle, light, dark] = canvas.palette.leaves.map((leaf) => tone(canvas, leaf)) as [string, string, string];
  const crown = (dx: number, up: number, radius: number, fill: string, vertical = radius): void =>
    ball(canvas, [x + dx * size, up * size, z], radius * size, fill, vertical * size);
  crown(0, 3.2, 1.35, dark, 1.15);
  crown(-0.5, 3.9, 1.1, middle);
  crown(0.55, 3.8, 1.05, middle);
  crown(0.1, 4.4, 0.95, light);
  crown(-0.35, 3.5, 0.45, light);
}

function drawLamp(canvas: Canvas, { x, z, side }: Prop): void {
  const pole = tone(canvas, POLE);
  const head = x - side * LAMP_REACH_M;
  line(
    canvas,
    [
      [x, 0, z],
      [x, 5.6, z],
      [x - side * 0.5, 6, z],
      [head, 6.05, z],
    ],
    0.13,
    pole,
  );
  line(
    canvas,
    [
      [x, 0, z],
      [x, 0.9, z],
    ],
    0.22,
    pole,
    "butt",
  );
  canvas.mark = undefined;
  const on = canvas.palette.lampsOn;
  ball(canvas, [head, 5.98, z], 0.22, on ? "#ffe9b0" : tone(canvas, [225, 225, 215]), 0.12);
  if (on) glow(canvas, [head, 5.9, z], 1.5, "light");
}

function drawSign(canvas: Canvas, { x, z, seed }: Prop): void {
  line(
    canvas,
    [
      [x, 0, z],
      [x, 2.4, z],
    ],
    0.07,
    tone(canvas, [140, 145, 150]),
  );
  ball(canvas, [x, 2.6, z], 0.33, tone(canvas, seededRandom(seed).pick(CAR_PAINTS)));
  ball(canvas, [x, 2.6, z], 0.24, tone(canvas, [240, 240, 240]));
}

function drawBench(canvas: Canvas, { x, z }: Prop): void {
  const wood = tone(canvas, WOOD);
  const dark = tone(canvas, WOOD_DARK);
  for (const end of [-0.6, 0.6])
    line(
      canvas,
      [
        [x, 0, z + end],
        [x, 0.45, z + end],
      ],
      0.06,
      dark,
    );
  polygon(
    canvas,
    [
      [x - 0.25, 0.45, z - 0.8],
      [x - 0.25, 0.45, z + 0.8],
      [x + 0.25, 0.45, z + 0.8],
      [x + 0.25, 0.45, z - 0.8],
    ],
    wood,
  );
  polygon(
    canvas,
    [
      [x + 0.25, 0.55, z - 0.8],
      [x + 0.25, 0.55, z + 0.8],
      [x + 0.3, 0.9, z + 0.8],
      [x + 0.3, 0.9, z - 0.8],
    ],
    dark,
  );
}

function drawBush(canvas: Canvas, { x, z }: Prop): void {
  const [middle, light, dark] = canvas.palette.leaves.map((leaf) => tone(canvas, leaf)) as [string, string, string];
  ball(canvas, [x, 0.4, z], 0.6, dark, 0.45);
  ball(canvas, [x + 0.2, 0.55, z], 0.45, middle, 0.4);
  ball(canvas, [x - 0.2, 0.6, z], 0.3, light, 0.25);
}

/** Half the width of a bin or a box, m. */
const BOX_HALF_M = 0.3;

function drawBox(canvas: Canvas, street: Street, { x, z, seed }: Prop, height: number): void {
  const colour = seededRandom(seed).pick(CAR_PAINTS);
  const w = BOX_HALF_M;
  for (const [nx, nz, shade] of [
    [1, 0, 0.85],
    [-1, 0, 0.85],
    [0, 1, 1],
    [0, -1, 1],
  ] as const) {
    if ((street.camera.x - x) * nx - z * nz < w) continue;
    const [ax, az] = [x + w * (nx - nz), z + w * (nz + nx)];
    const [bx, bz] = [x + w * (nx + nz), z + w * (nz - nx)];
    polygon(
      canvas,
      [
        [ax, 0, az],
        [bx, 0, bz],
        [bx, height, bz],
        [ax, height, az],
      ],
      tone(canvas, colour, shade),
    );
  }
  polygon(
    canvas,
    [
      [x - w, height, z - w],
      [x + w, height, z - w],
      [x + w, height, z + w],
      [x - w, height, z + w],
    ],
    tone(canvas, colour, 1.15),
  );
}

/** The gradient that all lights of the moving layer use. */
export const LIGHT_GRADIENT =
  `<defs><radialGradient id="light"><stop offset="0" stop-color="#fff4c8" stop-opacity=".85"/>` +
  `<stop offset=".35" stop-color="#ffe9a8" stop-opacity=".35"/>` +
  `<stop offset="1" stop-color="#ffe9a8" stop-opacity="0"/></radialGradient></defs>`;
