import type { View } from "./camera.js";

/** How far and how densely a street is filled. */
export interface Variant {
  readonly focalPx: readonly [low: number, high: number];
  /** Vehicles live between minus and plus this along the road, m: when the camera looks across it, or along it. */
  readonly rangeAcrossM: number;
  readonly rangeAlongM: number;
  readonly walkerRangeM: (view: View) => number;
  readonly cyclistRangeM: (view: View) => number;
  /** Gaps between cyclists, m: the least; the most on a lane of their own, and without one. */
  readonly cyclistGapM: { readonly least: number; readonly lane: number; readonly road: number };
  /** Most walkers on one pavement; the least is 3. */
  readonly mostWalkers: number;
  /** Where parked bicycles stand along the road, m. */
  readonly parkedBicyclesM: readonly [low: number, high: number];
  /** As far as people and vehicles are seen whole; behind that they fade away within `fadeM`. */
  readonly personSightM: number;
  readonly vehicleSightM: number;
  readonly personFadeM: number;
  readonly vehicleFadeM: number;
}

/**
 * `tame` is what the built-in model is for. `hard` holds more and smaller things, seen from farther away: what the
 * model is first trained on, so that it learns to look closely.
 */
export const VARIANTS = {
  tame: {
    focalPx: [560, 720],
    rangeAcrossM: 30,
    rangeAlongM: 42,
    walkerRangeM: () => 24,
    cyclistRangeM: () => 24,
    cyclistGapM: { least: 4.5, lane: 16, road: 30 },
    mostWalkers: 11,
    parkedBicyclesM: [-16, 20],
    personSightM: 23,
    vehicleSightM: 40,
    personFadeM: 1,
    vehicleFadeM: 2,
  },
  hard: {
    focalPx: [470, 640],
    rangeAcrossM: 34,
    rangeAlongM: 48,
    walkerRangeM: (view) => (view === "across" ? 25.5 : 36),
    cyclistRangeM: (view) => (view === "across" ? 27 : 38),
    cyclistGapM: { least: 2.5, lane: 22, road: 45 },
    mostWalkers: 14,
    parkedBicyclesM: [-20, 24],
    personSightM: 34,
    vehicleSightM: 46,
    personFadeM: 1,
    vehicleFadeM: 2,
  },
} as const satisfies Record<string, Variant>;

/** The names of the variants. */
export type VariantName = keyof typeof VARIANTS;
