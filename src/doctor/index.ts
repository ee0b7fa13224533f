export { examine, type Finding, type Look } from "./examine.js";
export { ffmpegLook } from "./ffmpeg.js";
export { coresLook, nodeLook, openvinoLook, runtimeLook, type OpenvinoFacts, type OpenvinoPlace } from "./machine.js";
export { modelLook, pictureLook, type DrawnPicture, type Found, type Sight } from "./model.js";
export { queueLook, type QueueFacts, type SeenWorker } from "./queue.js";
export { sourceLooks, type SourceFacts } from "./source.js";
