export { mapClasses, type ClassMap } from "./classes.js";
export type { Dataset, DatasetClass, DatasetPicture } from "./dataset.js";
export { evaluate, type EvaluateWorld, type Evaluation, type SeenPicture } from "./evaluate.js";
export { openDataset, type DatasetOptions } from "./open.js";
export { SPLITS, type Split } from "./yolo.js";
