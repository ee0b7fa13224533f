export { addedOpenvino, removeOpenvino, sizeOf, type AddedFolder } from "./added.js";
export { addOpenvino, type AddedOpenvino, type AddOptions } from "./add.js";
export { openCore, type CompiledModel, type OpenvinoCore } from "./core.js";
export { findOpenvino, type OpenvinoLibraries } from "./found.js";
export { runtimesFolder } from "./folder.js";
export { isKnownVersion, KNOWN_VERSIONS } from "./version.js";
