import { assertNever } from "../core/invariant.js";
import type { Decoder, DetectLimits } from "./decode/decoder.js";
import { yolov8Decoder } from "./decode/yolov8.js";
import { yoloxDecoder } from "./decode/yolox.js";
import type { ModelInfo } from "./info.js";

/** Makes the decoder of a model's family, with its scratch memory. One for each instance. */
export function makeDecoder(info: ModelInfo, limits: DetectLimits): Decoder {
  switch (info.family) {
    case "yolov8":
      return yolov8Decoder(info.labels.length, limits);
    case "yolox":
      return yoloxDecoder(info.labels.length, { widthPx: info.inputWidthPx, heightPx: info.inputHeightPx }, limits);
    default:
      return assertNever(info.family);
  }
}

export type { Decoder, DetectLimits, ModelOutput } from "./decode/decoder.js";
export { FAMILIES, type Family, type LabelsFrom, type ModelInfo } from "./info.js";
export { letterboxFor, letterboxWithin, rowsOf, type InputRows, type Letterbox, type LetterboxRule } from "./letterbox.js";
export { placePicture, placeRgb, rgbOf, type PictureRows, type RgbPixels, type SizePx } from "./planes.js";
export { makeInput, type InputForm, type ModelInput } from "./preprocess.js";
export { classIdsOf } from "./classes.js";
export { describeModel, type DescribedModel, type ModelFacts, type Sidecar } from "./describe.js";
export { COCO_LABELS, parseLabelsFile, type GivenLabels } from "./labels.js";
export { readOnnxHeader, type OnnxHeader } from "./onnx-header.js";
export type { ByteSource } from "./protobuf.js";
