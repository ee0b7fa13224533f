export { accuracyOf, averagePrecision, type Accuracy, type ClassAccuracy, type Figures } from "./accuracy.js";
export { CONFUSION_LIMITS, confusionOf, type Confusion, type ConfusionLimits } from "./confusion.js";
export { confusionSvg } from "./confusion-svg.js";
export { CURVE_IOU, curvesOf, type ClassCurve } from "./curve.js";
export { curvesSvg } from "./curve-svg.js";
export type { FoundObject, JudgedPicture, TrueObject } from "./match.js";
export { overlap } from "./overlap.js";
