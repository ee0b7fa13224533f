import type { ClusterRule } from "./clusters.js";

/** How much has to change before something moves, in plain terms. */
export const SENSITIVITIES = ["low", "normal", "high"] as const satisfies readonly Sensitivity[];
/** One of SENSITIVITIES. */
export type Sensitivity = "low" | "normal" | "high";

/** The numbers behind a word. */
export interface MotionRule extends ClusterRule {
  /** A cell differs from its background by more than this, and by what it differs by anyway, levels of 255. */
  readonly floor: number;
}

/** Chosen on the clips and scenes of `sightline bench --gate`. */
export const MOTION_RULES: Readonly<Record<Sensitivity, MotionRule>> = {
  low: { floor: 10, leastCells: 4, strong: 12 },
  normal: { floor: 5, leastCells: 2, strong: 8 },
  high: { floor: 3, leastCells: 1, strong: 4 },
};
