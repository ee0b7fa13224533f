export { inOrder } from "./in-order.js";
export { openStills, type SeenStill, type Stills, type StillsOptions } from "./stills.js";
