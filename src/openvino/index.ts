export { addOpenvino, removeOpenvino, type AddedOpenvino, type AddOptions, type RemovedOpenvino } from "./add.js";
export { findOpenvino, type OpenvinoLibraries } from "./found.js";
export { isKnownVersion, KNOWN_VERSIONS } from "./version.js";
