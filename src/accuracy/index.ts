export { accuracyOf, averagePrecision, type Accuracy, type ClassAccuracy } from "./average-precision.js";
export type { FoundObject, JudgedPicture, TrueObject, Verdict } from "./match.js";
export { overlap } from "./overlap.js";
