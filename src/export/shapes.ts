import { unpackRuns } from "../core/mask.js";
import { outlinesOf } from "../model/index.js";
import type { FrameRecord } from "../wire/index.js";

type DetectedObject = FrameRecord["objects"][number];

/** An object's outlines as x, y, x, y, ... in source pixels, the largest first: those of the record, else those of its mask. */
export function ringsOf({ polygon, mask }: Pick<DetectedObject, "polygon" | "mask">, { widthPx, heightPx }: Pick<FrameRecord, "widthPx" | "heightPx">): readonly ArrayLike<number>[] {
  if (polygon) return polygon;
  if (!mask) return [];
  const [height, width] = mask.size;
  const runs = unpackRuns(mask.counts, height * width);
  if (!runs) return [];
  const [across, down] = [widthPx / width, heightPx / height];
  return outlinesOf(runs, height).map((ring) => ring.map((value, i) => value * (i % 2 === 0 ? across : down)));
}

/** What an object covers, px²: its mask, else its outlines or corners, else its box. 2 decimals. */
export function areaPx({ box: [x1, y1, x2, y2], mask, polygon, corners }: DetectedObject): number {
  const runs = mask && unpackRuns(mask.counts, mask.size[0] * mask.size[1]);
  if (runs) return runs.reduce((sum, run, i) => (i % 2 === 1 ? sum + run : sum), 0);
  const rings = polygon ?? (corners && [corners.flat()]);
  const area = rings ? rings.reduce((sum, ring) => sum + ringArea(ring), 0) : (x2 - x1) * (y2 - y1);
  return Math.round(area * 100) / 100;
}

/** The shoelace formula. */
function ringArea(ring: readonly number[]): number {
  let twice = 0;
  for (let i = 0; i < ring.length; i += 2) {
    const j = (i + 2) % ring.length;
    twice += ring[i]! * ring[j + 1]! - ring[j]! * ring[i + 1]!;
  }
  return Math.abs(twice) / 2;
}
