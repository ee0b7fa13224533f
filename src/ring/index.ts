export { createRing, type FrameRing, type RingMemory, type SlotLease } from "./frame-ring.js";
export { readSlot, ringViews, viewRing, type RingView, type RingViews } from "./slot-view.js";
export type { RingLayout } from "./layout.js";
