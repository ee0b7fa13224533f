export { drawNumber, NUMBERED_RANGE, NUMBERED_SIZE_PX, numberedModel, numberOf } from "./model.js";
