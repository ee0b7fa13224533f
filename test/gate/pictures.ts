import type { MotionGate, PicturePlace, Verdict } from "../../src/gate/index.js";
import { seededRandom, type Random } from "../../src/scene/random.js";

/** Pictures are drawn at the model's input: 320x192, of which 320x180 are picture. */
export const [WIDTH_PX, HEIGHT_PX, TOP_PX] = [320, 180, 6];
export const FRAME_MS = 40;
const BAND = { leftPx: 0, topPx: TOP_PX, contentWidthPx: WIDTH_PX, contentHeightPx: HEIGHT_PX, inputWidthPx: WIDTH_PX, sourceWidthPx: 1280, sourceHeightPx: 720 };
export const PLACE: PicturePlace = { letterbox: BAND, rows: { topPx: TOP_PX, heightPx: HEIGHT_PX } };

/** Grey levels, row by row. */
export type Picture = Float32Array;
/** What is before the camera in each frame. The picture is only read. */
export type Drawing = (frame: number) => Picture;

/** A picture by a rule for its pixels. */
export function pictureOf(level: (x: number, y: number) => number): Picture {
  return Float32Array.from({ length: WIDTH_PX * HEIGHT_PX }, (_, i) => level(i % WIDTH_PX, Math.floor(i / WIDTH_PX)));
}

/** A wall with windows: flat parts, edges, dark and bright. */
export const STREET = pictureOf((x, y) => (y > 120 ? 90 : (x >> 4) % 3 === 0 && (y >> 4) % 2 === 0 ? 40 : 150) + ((x * 7 + y * 3) % 5));
export const street: Drawing = () => STREET;

/** A square thing before a picture; `at` says where its corner is, or null. */
export function withThing(behind: Picture, sizePx: number, level: number, at: (frame: number) => readonly [number, number] | null): Drawing {
  return (frame) => {
    const place = at(frame);
    if (place === null) return behind;
    const picture = behind.slice();
    for (let y = place[1]; y < Math.min(HEIGHT_PX, place[1] + sizePx); y += 1) picture.fill(level, y * WIDTH_PX + place[0], y * WIDTH_PX + Math.min(WIDTH_PX, place[0] + sizePx));
    return picture;
  };
}

/** What a camera does to a frame; the picture is its own. */
export type Flaw = (picture: Picture, frame: number, random: Random) => void;

/** Draws frames and asks the gate. Frames that it wants come back detected at once. */
export function watch(gate: MotionGate, drawing: Drawing, frames: number, flaw?: Flaw, first = 0): Verdict[] {
  const pixels = new Uint8Array(new SharedArrayBuffer(3 * WIDTH_PX * HEIGHT_PX));
  const levels = new Uint8ClampedArray(WIDTH_PX * HEIGHT_PX);
  return Array.from({ length: frames }, (_, i) => {
    const frame = first + i;
    let picture = drawing(frame);
    if (flaw) flaw((picture = picture.slice()), frame, seededRandom(frame + 1));
    levels.set(picture);
    pixels.set(levels);
    const verdict = gate.judge({ frame, timeMs: frame * FRAME_MS }, 1, PLACE, pixels);
    if (verdict !== "still") gate.seen({ frame, timeMs: frame * FRAME_MS });
    return verdict;
  });
}
