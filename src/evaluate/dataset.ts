import type { TrueObject } from "../accuracy/index.js";
import type { SizePx } from "../model/index.js";

/** A class of a data set. */
export interface DatasetClass {
  /** As the data set counts: any whole number in a COCO file, 0, 1, 2, ... in a YOLO folder. */
  readonly id: number;
  readonly name: string;
}

/** One picture with its truth. */
export interface DatasetPicture {
  /** Absolute. */
  readonly path: string;
  /** Its number in a COCO file. */
  readonly imageId?: number;
  /**
   * What is in it, boxes in its pixels, classes as the data set counts. `size` is what the file really has.
   * @throws PipelineError E_DATASET when the data set says that it is of another size
   */
  truth(size: SizePx): readonly TrueObject[];
}

/** Pictures and what is in them. */
export interface Dataset {
  readonly kind: "coco" | "yolo";
  /** The file or folder that was read. */
  readonly path: string;
  /** By number; null = it does not name them: its numbers are the model's. */
  readonly classes: readonly DatasetClass[] | null;
  /** Classes of its objects, regions not counted, ascending. */
  readonly numbers: readonly number[];
  /** COCO: by image id; YOLO: by path. Equal scores rank in this order. */
  readonly pictures: readonly DatasetPicture[];
}
