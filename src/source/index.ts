export type { Source, SourceEvent, YuvPicture } from "./source.js";
export { openSource, type SourceOptions } from "./open.js";
export { checkFfmpeg, type FfmpegVersion } from "./ffmpeg-version.js";
export { sourceKind, type SourceKind } from "./kind.js";
export { probeFile, type Probe } from "./probe.js";
