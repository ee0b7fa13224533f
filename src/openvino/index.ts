export { addedOpenvino, removeOpenvino, sizeOf, type AddedFolder } from "./added.js";
export { addOpenvino, type AddedOpenvino, type AddOptions } from "./add.js";
export { describeOpenvino, openCore, type CompiledModel, type OpenvinoCore, type OpenvinoDescription } from "./core.js";
export { findOpenvino, type OpenvinoLibraries } from "./found.js";
export { runtimesFolder } from "./folder.js";
export { isKnownVersion, KNOWN_VERSIONS } from "./version.js";
