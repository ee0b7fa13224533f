import { drawBuildings } from "./buildings.js";
import { projectPolygon, toScreen, toView, type Point3 } from "./camera.js";
import { BIKE_LANE_M, LANE_M, PARKING_M } from "./layout.js";
import { createCanvas, polygon, px, tone, toSvg, type Canvas } from "./painter.js";
import { css, mix, rgb, scale, type Css, type Rgb } from "./palette.js";
import { seededRandom } from "./random.js";
import type { Street } from "./street.js";

/** Where the ground begins and ends along the road, m. */
const GROUND_FROM_M = -75;
const GROUND_TO_M = 170;

const ROAD_WHITE: Rgb = [236, 236, 228];
const ROAD_YELLOW: Rgb = [240, 200, 80];
const TAR_RED = rgb("#8a4b3c");
const LAMP_LIGHT = "#ffd98a";
/** A cloud of size 1 around 0, 0. */
const CLOUD =
  `<ellipse rx="30" ry="8"/><ellipse cx="-12" cy="-6" rx="13" ry="10"/>` + `<ellipse cx="9" cy="-8" rx="16" ry="12"/>`;
const SIDES = [-1, 1] as const;

/** Draws all that stands still behind the movers, as an SVG document: sky, ground, road, houses. */
export function drawBackground(street: Street): string {
  const canvas = createCanvas(street.camera, street.palette);
  drawSky(canvas, street);
  drawGround(canvas, street);
  drawMarkings(canvas, street);
  drawPatches(canvas, street);
  drawBuildings(canvas, street);
  if (street.rain) drawPuddles(canvas, street);
  if (street.palette.lampsOn) drawLampPools(canvas, street);
  return toSvg(canvas);
}

function drawSky(canvas: Canvas, street: Street): void {
  const { palette, sky } = street;
  const { widthPx, horizonPx } = street.camera;
  const stop = (offset: number, colour: string, opacity: number): string =>
    `<stop offset="${offset}" stop-color="${colour}" stop-opacity="${opacity}"/>`;
  const stops = stop(0, css(palette.skyTop), 1) + stop(1, css(palette.skyBottom), 1);
  const pool = stop(0, LAMP_LIGHT, 0.55) + stop(1, LAMP_LIGHT, 0);
  canvas.parts.push(
    `<defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">${stops}</linearGradient>`,
    `<radialGradient id="pool">${pool}</radialGradient></defs>`,
    `<rect width="${widthPx}" height="${Math.ceil(horizonPx + 2)}" fill="url(#sky)"/>`,
  );
  if (street.time === "night") drawStars(canvas, street);
  else drawClouds(canvas, street);
  for (const block of sky.skyline) {
    const top = px(horizonPx - block.height);
    const size = `width="${px(block.width)}" height="${px(block.height)}"`;
    canvas.parts.push(`<rect x="${block.x}" y="${top}" ${size} fill="${css(palette.far)}"/>`);
  }
}

function drawStars(canvas: Canvas, street: Street): void {
  for (const star of street.sky.stars) {
    canvas.parts.push(
      `<circle cx="${px(star.x)}" cy="${px(star.y)}" r="${px(star.size)}" fill="#dfe6ff" opacity=".7"/>`,
    );
  }
  const moonX = street.paintSeed % street.camera.widthPx;
  canvas.parts.push(`<circle cx="${moonX}" cy="${px(street.camera.horizonPx * 0.3)}" r="13" fill="#f4f1de"/>`);
}

function drawClouds(canvas: Canvas, street: Street): void {
  const look = street.time === "dusk" ? `fill="#f7c9b0" opacity=".5"` : `fill="#fff" opacity=".8"`;
  for (const cloud of street.sky.clouds) {
    const at = `translate(${px(cloud.x)} ${px(cloud.y)}) scale(${cloud.size.toFixed(2)})`;
    canvas.parts.push(`<g ${look} transform="${at}">${CLOUD}</g>`);
  }
}

/** A flat rectangle on the ground. */
function slab(canvas: Canvas, fromX: number, toX: number, fromZ: number, toZ: number, fill: Css): void {
  polygon(
    canvas,
    [
      [fromX, 0, fromZ],
      [toX, 0, fromZ],
      [toX, 0, toZ],
      [fromX, 0, toZ],
    ],
    fill,
  );
}

/** A strip along the whole road. */
function strip(canvas: Canvas, fromX: number, toX: number, fill: Css): void {
  slab(canvas, fromX, toX, GROUND_FROM_M, GROUND_TO_M, fill);
}

function drawGround(canvas: Canvas, street: Street): void {
  const { palette, layout, camera } = street;
  const { roadHalfM, walkM } = layout;
  strip(canvas, -200, 200, tone(canvas, palette.walk));
  // The ground ends before the horizon: this band fills the gap between.
  const gapPx = (camera.focalPx * camera.heightM) / GROUND_TO_M + 4;
  const size = `width="${camera.widthPx}" height="${px(gapPx)}"`;
  canvas.parts.push(`<rect x="0" y="${px(camera.horizonPx - 1)}" ${size} fill="${css(palette.far)}"/>`);
  const joint = tone(canvas, scale(palette.walk, 0.9));
  for (const side of SIDES) {
    const at = (fromKerbM: number): number => side * (roadHalfM + fromKerbM);
    for (let z = -40; z < 60; z += 2) slab(canvas, at(0), at(walkM), z, z + 0.06, joint);
    strip(canvas, at(2), at(2.05), joint);
    if (layout.grass) strip(canvas, at(0.35), at(1.4), tone(canvas, palette.grass));
    strip(canvas, at(0), at(0.3), tone(canvas, palette.curb));
  }
  strip(canvas, -roadHalfM, roadHalfM, tone(canvas, palette.road));
}

function drawMarkings(canvas: Canvas, street: Street): void {
  const { layout, palette } = street;
  const { roadHalfM } = layout;
  const white = tone(canvas, ROAD_WHITE);
  for (const side of SIDES) {
    strip(canvas, side * 0.06, side * 0.18, tone(canvas, ROAD_YELLOW));
    for (let lane = 1; lane < layout.lanes; lane++) {
      const x = side * LANE_M * lane;
      for (let z = -60; z < 120; z += 6) slab(canvas, x - 0.07, x + 0.07, z, z + 3, white);
    }
    if (!layout.bikeLane) continue;
    const x = side * (roadHalfM - BIKE_LANE_M - (layout.parking ? PARKING_M : 0));
    strip(canvas, x, x + side * BIKE_LANE_M, tone(canvas, mix(palette.road, TAR_RED, 0.35)));
    strip(canvas, x - 0.06, x + 0.06, white);
  }
  for (const z of layout.crossings) {
    for (let x = 0.4 - roadHalfM; x < roadHalfM - 0.3; x += 1.1) slab(canvas, x, x + 0.55, z - 1.5, z + 1.5, white);
  }
}

function drawPatches(canvas: Canvas, street: Street): void {
  const random = seededRandom(street.paintSeed);
  const { roadHalfM } = street.layout;
  for (let i = 0; i < 5; i++) {
    const x = random.between(-roadHalfM, roadHalfM - 1.5);
    const z = random.between(0, 40);
    const width = random.between(0.5, 2);
    const length = random.between(0.5, 3);
    const corners: Point3[] = [
      [x, 0, z],
      [x + width, 0, z + 0.2],
      [x + width, 0, z + length],
      [x - 0.2, 0, z + length],
    ];
    polygon(canvas, corners, tone(canvas, scale(street.palette.road, random.between(0.93, 1.05))));
  }
}

function drawPuddles(canvas: Canvas, street: Street): void {
  const random = seededRandom(street.paintSeed + 1);
  const { roadHalfM } = street.layout;
  for (let i = 0; i < 7; i++) {
    const outline = projectPolygon(street.camera, [[random.between(-roadHalfM, roadHalfM), 0, random.between(2, 30)]]);
    const [rx, ry] = [random.between(12, 60), random.between(2, 6)];
    const [x, y] = outline?.points[0] ?? [-1000, 0];
    const shape = `cx="${px(x)}" cy="${px(y)}" rx="${px(rx)}" ry="${px(ry)}"`;
    canvas.parts.push(`<ellipse ${shape} fill="${css(street.palette.skyBottom)}" opacity=".18"/>`);
  }
}

/** How far over the road a lamp reaches, m, and how wide its light falls. */
export const LAMP_REACH_M = 1.6;
const LAMP_POOL_M = 4.5;

function drawLampPools(canvas: Canvas, street: Street): void {
  const { camera } = street;
  for (const lamp of street.props) {
    if (lamp.kind !== "lamp") continue;
    const seen = toView(camera, lamp.x - lamp.side * LAMP_REACH_M, 0, lamp.z);
    if (seen[2] < 3 || seen[2] > 60) continue;
    const [x, y] = toScreen(camera, seen);
    const rx = (LAMP_POOL_M * camera.focalPx) / seen[2];
    const ry = (rx * camera.heightM) / seen[2];
    canvas.parts.push(`<ellipse cx="${px(x)}" cy="${px(y)}" rx="${px(rx)}" ry="${px(ry)}" fill="url(#pool)"/>`);
  }
}
