import type { View } from "./camera.js";
import type { Random } from "./random.js";

/** Widths of a lane for cars, a lane for bicycles, and the strip that parked cars take, m. */
export const LANE_M = 3.4;
export const BIKE_LANE_M = 1.6;
export const PARKING_M = 2.2;

/** The street's cross-section. */
export interface Layout {
  readonly view: View;
  /** Lanes in each direction. */
  readonly lanes: number;
  readonly bikeLane: boolean;
  readonly parking: boolean;
  readonly grass: boolean;
  /** From the road's middle to the kerb, m. */
  readonly roadHalfM: number;
  /** Width of a pavement, m. */
  readonly walkM: number;
  /** Where people cross, m along the road. */
  readonly crossings: readonly number[];
}

/** Chooses a cross-section. */
export function makeLayout(random: Random, view: View): Layout {
  const lanes = random.integer(1, 2);
  const bikeLane = random.chance(0.7);
  const parking = random.chance(0.4);
  return {
    view,
    lanes,
    bikeLane,
    parking,
    grass: random.chance(0.3),
    roadHalfM: LANE_M * lanes + (bikeLane ? 1.8 : 0.3) + (parking ? PARKING_M : 0),
    walkM: random.between(3.5, 5.5),
    crossings: random.chance(0.5) ? [random.between(4, 16)] : [],
  };
}
