import { toView } from "./camera.js";
import { drawCyclist } from "./cyclist.js";
import { placeAt, type Mover, type Place } from "./movers.js";
import { createCanvas, px, toSvg, type Canvas } from "./painter.js";
import { drawPedestrian } from "./pedestrian.js";
import { drawProp, isPropShown, LIGHT_GRADIENT } from "./props.js";
import { seededRandom } from "./random.js";
import type { Street } from "./street.js";
import {
  BICYCLE,
  BUS,
  CAR,
  clearTruth,
  createMark,
  createTruth,
  measure,
  PERSON,
  type Mark,
  type TrueObject,
  type TruthBuffer,
} from "./truth.js";
import { VARIANTS } from "./variant.js";
import { drawVehicle } from "./vehicle.js";

/** The moving layer of one frame. */
export interface SceneFrame {
  /** SVG with a transparent ground, to lie over the background: props, movers, rain. */
  readonly svg: string;
  /** What can be seen in it. */
  readonly objects: readonly TrueObject[];
}

/** Something to draw, by its depth. */
interface Item {
  readonly orderM: number;
  readonly draw: () => void;
}

/** Nearer than this a mover would fill the picture or stand behind the camera, m. */
const VEHICLE_FROM_M = 4;
const PERSON_FROM_M = 2.5;
/** Nothing is drawn nearer or farther than these, m. */
const ITEM_FROM_M = 1.2;
const ITEM_TO_M = 75;
/** Half the width of what can be seen at a depth of 1 m, with a focal length of 1 px, generously. */
const HALF_VIEW = 0.558 * 640;

/** A truth buffer for the street's pictures, to be used again for each frame. */
export function truthFor(street: Street): TruthBuffer {
  return createTruth(street.camera.widthPx, street.camera.heightPx);
}

/** Draws the movers as they are `atS` seconds (0 or more) after the scene's start. The buffer is cleared first. */
export function drawFrame(street: Street, atS: number, truth: TruthBuffer): SceneFrame {
  clearTruth(truth);
  const canvas = createCanvas(street.camera, street.palette, truth);
  canvas.parts.push(LIGHT_GRADIENT);
  const marks: Mark[] = [];
  const items: Item[] = [];
  for (const prop of street.props) {
    if (!isPropShown(street, prop)) continue;
    const orderM = orderOf(street, prop.x, prop.z, 3);
    if (orderM !== undefined) items.push({ orderM, draw: () => drawProp(canvas, street, prop) });
  }
  street.movers.forEach((mover, index) => {
    const place = placeAt(mover.way, atS);
    const opacity = opacityOf(street, mover, place);
    const orderM = orderOf(street, place.x, place.z, mover.kind === "vehicle" ? mover.shape.lengthM / 2 + 1 : 1.2);
    if (opacity === 0 || orderM === undefined) return;
    const own = marksOf(street, mover, place, index, opacity < 1);
    marks.push(...own);
    items.push({ orderM, draw: () => drawMover(canvas, street, mover, place, atS, own, opacity) });
  });
  items.sort((a, b) => b.orderM - a.orderM);
  for (const item of items) item.draw();
  if (street.rain) drawRain(canvas, street, atS);
  return { svg: toSvg(canvas), objects: measure(truth, marks) };
}

/** Where something comes in painter's order; undefined when it is out of view. `halfM` is half its size. */
function orderOf(street: Street, x: number, z: number, halfM: number): number | undefined {
  const [right, , ahead] = toView(street.camera, x, 0, z);
  if (ahead < ITEM_FROM_M || ahead > ITEM_TO_M) return undefined;
  if (Math.abs(right) > (ahead * HALF_VIEW) / street.camera.focalPx + halfM) return undefined;
  return ahead + Math.abs(right) * 0.02;
}

/** How much of a mover is there: it fades at the end of sight, and is gone when it would be too near. */
function opacityOf(street: Street, mover: Mover, { x, z }: Place): number {
  const variant = VARIANTS[street.variant];
  const vehicle = mover.kind === "vehicle";
  if (toView(street.camera, x, 0, z)[2] < (vehicle ? VEHICLE_FROM_M : PERSON_FROM_M)) return 0;
  const [sightM, fadeM] = vehicle
    ? [variant.vehicleSightM, variant.vehicleFadeM]
    : [variant.personSightM, variant.personFadeM];
  const beyondM = Math.hypot(x - street.camera.x, z) - sightM;
  return Math.min(1, Math.max(0, 1 - beyondM / fadeM));
}

/** The objects that a mover is in this frame: one, or bicycle and rider. */
function marksOf(street: Street, mover: Mover, place: Place, index: number, fading: boolean): Mark[] {
  const slots = 2 * street.movers.length;
  const mark = (offset: 1 | 2, classId: Mark["classId"]): Mark => {
    const slot = 2 * index + offset;
    return createMark(slot, classId, slot + place.lap * slots, fading);
  };
  if (mover.kind === "vehicle") return [mark(1, mover.bus ? BUS : CAR)];
  if (mover.kind === "pedestrian") return [mark(1, PERSON)];
  return mover.parked ? [mark(1, BICYCLE)] : [mark(1, BICYCLE), mark(2, PERSON)];
}

function drawMover(
  canvas: Canvas,
  street: Street,
  mover: Mover,
  place: Place,
  atS: number,
  marks: readonly Mark[],
  opacity: number,
): void {
  const [first, second] = marks as [Mark, Mark | undefined];
  if (opacity < 1) canvas.parts.push(`<g opacity="${opacity.toFixed(2)}">`);
  if (mover.kind === "vehicle") drawVehicle(canvas, street, mover, place, first);
  else if (mover.kind === "pedestrian") drawPedestrian(canvas, street, mover, place, atS, first);
  else drawCyclist(canvas, street, mover, place, atS, first, second);
  if (opacity < 1) canvas.parts.push("</g>");
}

/** Drops in one frame; they fall anew this many times a second. */
const DROPS = 110;
const DROP_RATE_FPS = 30;

function drawRain(canvas: Canvas, street: Street, atS: number): void {
  const random = seededRandom(street.paintSeed + Math.floor(atS * DROP_RATE_FPS) * 7919 + 2);
  const { widthPx, heightPx } = street.camera;
  let drops = "";
  for (let i = 0; i < DROPS; i++) {
    const length = random.between(8, 22);
    const from = `${px(random.between(-20, widthPx))} ${px(random.between(-20, heightPx))}`;
    drops += `M${from}l${px(length * 0.22)} ${px(length)}`;
  }
  canvas.parts.push(`<path d="${drops}" stroke="#dfe9f2" stroke-width="1" stroke-opacity=".32" fill="none"/>`);
}
