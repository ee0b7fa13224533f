export { modelsFolder } from "./folder.js";
export { isHere, pathOf, requireHere, sha256Of } from "./local.js";
export { hintForMissing, modelNamed } from "./names.js";
export { pullModel, type PullOptions } from "./pull.js";
export { readRegistry, type ModelEntry } from "./registry.js";
export { importWeights, verifyWeights, type CheckedWeights } from "./store.js";
