export { openCore, type CompiledModel, type OpenvinoCore } from "./core.js";
export { findOpenvino, type OpenvinoLibraries } from "./found.js";
export { isKnownVersion, KNOWN_VERSIONS } from "./version.js";
