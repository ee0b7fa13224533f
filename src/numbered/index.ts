export { drawNumber, NUMBERED_RANGE, NUMBERED_SIZE_PX, numberedModel, numberOf } from "./model.js";
export { DATA_TYPES, prependTo, type WrittenField } from "./onnx-writer.js";
