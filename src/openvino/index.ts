export { findOpenvino, type OpenvinoLibraries } from "./found.js";
export { isKnownVersion, KNOWN_VERSIONS } from "./version.js";
