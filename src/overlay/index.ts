export { overlayOf, overlaySvg, type Seen } from "./overlay.js";
