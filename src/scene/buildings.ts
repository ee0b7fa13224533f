import { toView, type Point3 } from "./camera.js";
import { polygon, tone, type Canvas } from "./painter.js";
import { css, mix, rgb, WHITE, type Css } from "./palette.js";
import { seededRandom, type Random } from "./random.js";
import type { Building, Street } from "./street.js";

const GLASS = rgb("#5f7f97");
const GLASS_BRIGHT = rgb("#86a7ba");
const DOOR = rgb("#4b3b34");
const SHOP_LIGHT = css([250, 214, 150]);
const AWNING_PALE = [245, 240, 230] as const;
/** How far a house goes back from the street, m. */
const DEPTH_M = 14;
/** Farther houses are not drawn; window frames and bars show up to these, m. */
const SEEN_TO_M = 150;
const FRAMES_TO_M = 60;
const BARS_TO_M = 40;
/** Height of a shop's storey, and of the sill zone where there is none, m. */
const SHOP_STOREY_M = 3.4;
const PLINTH_M = 0.9;
const MOST_STOREYS = 6;

/** A front of the street: places on it by height and by metres along the road. */
interface Front {
  readonly canvas: Canvas;
  readonly building: Building;
  readonly distanceM: number;
  /** Fills a rectangle of the front. */
  rect(fromZ: number, toZ: number, bottom: number, top: number, fill: Css): void;
}

/** Draws the houses on both sides, far ones first. */
export function drawBuildings(canvas: Canvas, street: Street): void {
  const { camera, layout } = street;
  const edgeM = layout.roadHalfM + layout.walkM;
  const placed = street.buildings.map((building) => {
    const seen = toView(camera, building.side * edgeM, 0, (building.fromZ + building.toZ) / 2);
    return { building, distanceM: Math.hypot(seen[0], seen[2]) };
  });
  placed.sort((a, b) => b.distanceM - a.distanceM);
  for (const { building, distanceM } of placed) {
    if (distanceM > SEEN_TO_M) continue;
    canvas.haze = Math.min(0.55, Math.max(0, (distanceM - 30) / 160));
    drawBuilding(canvas, street, building, building.side * edgeM, distanceM);
  }
  canvas.haze = 0;
}

function drawBuilding(canvas: Canvas, street: Street, building: Building, x: number, distanceM: number): void {
  const { camera, sun } = street;
  const { side, fromZ, toZ, heightM, wall } = building;
  const back = x + side * DEPTH_M;
  for (const [z, out] of [
    [fromZ, -1],
    [toZ, 1],
  ] as const) {
    // The camera stands at z = 0: it sees an end wall that faces it.
    if (-z * out > 0)
      polygon(
        canvas,
        [
          [x, 0, z],
          [back, 0, z],
          [back, heightM, z],
          [x, heightM, z],
        ],
        tone(canvas, wall, 0.78),
      );
  }
  if ((camera.x - x) * side > 0) return;
  const shade = side * Math.sin(sun.angle) > 0 ? 1 : 0.9;
  const outline = polygon(
    canvas,
    [
      [x, 0, fromZ],
      [x, 0, toZ],
      [x, heightM, toZ],
      [x, heightM, fromZ],
    ],
    tone(canvas, wall, shade),
  );
  if (!outline || outline.bounds[2] < -20 || outline.bounds[0] > camera.widthPx + 20) return;
  const face = x - side * 0.02;
  const front: Front = {
    canvas,
    building,
    distanceM,
    rect: (from, to, bottom, top, fill) => {
      polygon(
        canvas,
        [
          [face, bottom, from],
          [face, bottom, to],
          [face, top, to],
          [face, top, from],
        ],
        fill,
      );
    },
  };
  front.rect(fromZ, toZ, heightM - 0.35, heightM, tone(canvas, wall, 0.7));
  const random = seededRandom(building.seed);
  drawWindows(front, random);
  if (building.shop) drawShops(front, random, face);
  else front.rect(fromZ + 1, fromZ + 2.1, 0, 2.3, tone(canvas, DOOR));
}

function drawWindows(front: Front, random: Random): void {
  const { canvas, building, distanceM } = front;
  const { fromZ, toZ, heightM, storeyM, windowM, windowGapM } = building;
  const frame = tone(canvas, mix(building.wall, WHITE, 0.45));
  const ground = building.shop ? SHOP_STOREY_M : PLINTH_M;
  for (let storey = 0; storey < MOST_STOREYS; storey++) {
    const floor = ground + storey * storeyM;
    if (floor + 2.3 >= heightM) break;
    const [bottom, top] = [floor + 0.5, floor + 2];
    for (let z = fromZ + 0.9; z + windowM < toZ - 0.5; z += windowGapM) {
      if (distanceM < FRAMES_TO_M) front.rect(z - 0.12, z + windowM + 0.12, bottom - 0.12, top + 0.1, frame);
      front.rect(z, z + windowM, bottom, top, windowColour(canvas, random));
      const middle = z + windowM / 2;
      if (building.barred && distanceM < BARS_TO_M) front.rect(middle - 0.04, middle + 0.04, bottom, top, frame);
    }
  }
}

function windowColour(canvas: Canvas, random: Random): Css {
  if (random.chance(canvas.palette.litShare)) return css(mix([255, 214, 130], [255, 180, 80], random.unit()));
  return tone(canvas, random.chance(0.3) ? GLASS_BRIGHT : GLASS);
}

function drawShops(front: Front, random: Random, face: number): void {
  const { canvas, building } = front;
  const count = Math.max(1, Math.floor((building.toZ - building.fromZ) / 5));
  const width = (building.toZ - building.fromZ) / count;
  const pane = canvas.palette.lampsOn ? SHOP_LIGHT : tone(canvas, GLASS_BRIGHT);
  for (let i = 0; i < count; i++) {
    const z = building.fromZ + i * width;
    front.rect(z + 0.4, z + width - 1.6, 0.45, 2.5, pane);
    front.rect(z + width - 1.35, z + width - 0.45, 0, 2.3, tone(canvas, DOOR));
    const colour = random.chance(0.5) ? building.awning : random.pick([building.awning, GLASS, DOOR]);
    const stripeM = (width - 0.6) / 6;
    const edge = face - building.side * 1.08;
    for (let stripe = 0; stripe < 6; stripe++) {
      const from = z + 0.3 + stripe * stripeM;
      const to = from + stripeM;
      const corners: Point3[] = [
        [face, 3.1, from],
        [face, 3.1, to],
        [edge, 2.45, to],
        [edge, 2.45, from],
      ];
      polygon(canvas, corners, tone(canvas, stripe % 2 === 1 ? AWNING_PALE : colour));
    }
  }
}
