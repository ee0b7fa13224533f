export { streamMeter, type MeterOptions, type StreamMeter } from "./stream-meter.js";
