import { ADAPTERS } from "./families/index.js";
import type { Decoder } from "./decode/decoder.js";
import type { ModelInfo } from "./info.js";
import type { DetectLimits } from "./limits.js";

/** Makes the decoder of a model's family, with its scratch memory. One for each instance. */
export function makeDecoder(info: ModelInfo, limits: DetectLimits): Decoder {
  return ADAPTERS[info.family].makeDecoder(info, limits);
}

export type { Decoder, ModelOutput } from "./decode/decoder.js";
export { FAMILIES, TASKS, PLAIN_HEAD, type Family, type Head, type InputLook, type InputType, type LabelsFrom, type ModelInfo, type SizeInput, type Task } from "./info.js";
export { detectLimits, MASK_FORMS, type DetectLimits, type DetectSettings, type MaskForm, type ObjectLimits } from "./limits.js";
export { letterboxFor, letterboxWithin, rowsOf, type InputRows, type Letterbox, type LetterboxRule } from "./letterbox.js";
export { placePicture, placeRgb, rgbOf, type PictureRows, type RgbPixels, type SizePx } from "./planes.js";
export { makeInput, type InputForm, type InputValues, type ModelInput } from "./preprocess.js";
export { frameBytes, makeFitter, MOST_SOURCE_BYTES, type Fitter, type PixelForm } from "./fit.js";
export { floatsOfHalves } from "./half.js";
export { describeModel, NOTHING_SAID, type DescribedModel, type ModelFacts, type Sidecar } from "./describe.js";
export { COCO_LABELS, parseLabelsFile, type GivenLabels } from "./labels.js";
export { readOnnxHeader, type OnnxHeader, type ValueInfo } from "./onnx-header.js";
export { fieldsOf, type ByteSource } from "./protobuf.js";
export { makeMaskMaker, type MaskMaker } from "./decode/masks.js";
export { outlinesOf } from "./decode/outlines.js";
