import {
  drawFrame,
  makeStreet,
  truthFor,
  type Street,
  type StreetOptions,
  type TrueObject,
} from "../../src/scene/index.js";
import { rasterise } from "../../src/picture/index.js";

/** A scene of a seed with nothing in it but the movers that `keep` chooses, without their shadows. */
export function emptied(
  seed: number,
  options: StreetOptions,
  keep: (mover: Street["movers"][number]) => boolean,
): Street {
  const street = makeStreet(seed, options);
  return { ...street, palette: { ...street.palette, shadow: 0 }, props: [], movers: street.movers.filter(keep) };
}

/** What is in a scene at a moment. */
export function objectsAt(street: Street, atS: number): readonly TrueObject[] {
  return drawFrame(street, atS, truthFor(street)).objects;
}

/** Opacity from which on a pixel counts as drawn: a tenth of it is covered. */
const DRAWN_ALPHA = 25;

/** Bounds of the drawn pixels of the moving layer: left, top, right, bottom, px. Undefined when there are none. */
export async function drawnBounds(street: Street, atS: number): Promise<[number, number, number, number] | undefined> {
  const { data, widthPx } = await rasterise(drawFrame(street, atS, truthFor(street)).svg, { channels: 4 });
  let bounds: [number, number, number, number] | undefined;
  for (let i = 3; i < data.length; i += 4) {
    if ((data[i] as number) < DRAWN_ALPHA) continue;
    const x = ((i - 3) / 4) % widthPx;
    const y = Math.floor((i - 3) / 4 / widthPx);
    bounds ??= [x, y, x + 1, y + 1];
    bounds = [Math.min(bounds[0], x), Math.min(bounds[1], y), Math.max(bounds[2], x + 1), Math.max(bounds[3], y + 1)];
  }
  return bounds;
}
