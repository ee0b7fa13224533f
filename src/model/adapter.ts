import type { Decoder } from "./decode/decoder.js";
import type { HeadFacts } from "./head-facts.js";
import type { Family, Head, InputLook, ModelInfo, SizeInput, Task } from "./info.js";
import type { DetectLimits } from "./limits.js";

/** One way in which a model's outputs can be read. */
export interface Reading {
  readonly family: Family;
  readonly task: Task;
  /** null when neither shape nor names tell. */
  readonly classCount: number | null;
  readonly head: Head;
  /** In the order in which the family's decoder wants them. */
  readonly outputNames: readonly string[];
  readonly sizeInput: SizeInput | null;
  readonly look: InputLook;
  /** What spoke for it, for people: `metadata: task pose, 17 keypoints`. */
  readonly because: string;
  /** false when nothing but a shape spoke for it that other heads could have too. */
  readonly isSure: boolean;
}

/** All that is known of one family. */
export interface ModelAdapter {
  readonly family: Family;
  /** What it reads, for people: `YOLOv8, v9, 11, 12: 1 x 4+classes x anchors`. */
  readonly reads: string;
  /** The ways in which this family could read the model; none when it can't. Never throws. */
  recognise(facts: HeadFacts): readonly Reading[];
  /** Makes the decoder of a model of this family, with its scratch memory. One for each instance. */
  makeDecoder(info: ModelInfo, limits: DetectLimits): Decoder;
}
