export { blur, decodeStill, encodeJpeg, encodePng, rasterise, redrawJpeg } from "./sharp.js";
export type { RawPicture } from "./sharp.js";
export { drawOnStill, readStill, type Layer, type RgbPicture, type Still } from "./sharp.js";
export { yuv420ToRgb, yuvOf, type Yuv, type YuvColours } from "./yuv.js";
