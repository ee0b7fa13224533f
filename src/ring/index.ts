export { createRing, type FrameRing, type SlotLease } from "./frame-ring.js";
export { readSlot, viewRing, type RingView } from "./slot-view.js";
export type { RingLayout } from "./layout.js";
