export { motionGate, type GateRule, type GateView, type MotionGate } from "./gate.js";
export { SENSITIVITIES, type Sensitivity } from "./sensitivity.js";
export type { PicturePlace } from "./cells.js";
export type { GateFrame, Verdict, WishTimes } from "./wish.js";
