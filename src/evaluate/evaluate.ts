import { accuracyOf, confusionOf, curvesOf, type Accuracy, type ClassCurve, type Confusion, type FoundObject, type JudgedPicture } from "../accuracy/index.js";
import { counted } from "../core/counted.js";
import type { DetectionBatch } from "../core/detections.js";
import { PipelineError } from "../core/errors.js";
import { inOrder, type Stills } from "../stills/index.js";
import type { ClassMap } from "./classes.js";
import type { Dataset, DatasetPicture } from "./dataset.js";

/** What evaluating needs besides the pictures. */
export interface EvaluateWorld {
  readonly classes: ClassMap;
  readonly signal: AbortSignal;
  /** Called after each picture, in their order. */
  readonly onPicture?: (picture: SeenPicture) => void;
}

/** One picture as it was seen, classes as the model counts. */
export interface SeenPicture extends JudgedPicture {
  readonly picture: DatasetPicture;
}

/** How well a model sees what is in a data set, classes as the model counts. */
export interface Evaluation {
  readonly pictures: number;
  /** Objects to be found, regions not counted. */
  readonly objects: number;
  readonly accuracy: Accuracy;
  readonly curves: readonly ClassCurve[];
  readonly confusion: Confusion;
}

/**
 * Looks at all pictures, with all workers, and judges what was found. Nothing is left out: a picture that can't be looked at
 * ends it.
 * @throws PipelineError E_STOPPED, E_DATASET, E_DATASET_EMPTY before any is looked at, and those of `Stills.see`
 */
export async function evaluate(dataset: Dataset, stills: Stills, { classes, signal, onPicture }: EvaluateWorld): Promise<Evaluation> {
  if (!dataset.numbers.some((id) => classes.toModel.has(id))) throw new PipelineError("E_DATASET_EMPTY", `${dataset.path}: no object to be found is in its ${counted(dataset.pictures.length, "picture")}, of the classes that count (${classes.toModel.size})`);
  const judged: JudgedPicture[] = [];
  const see = async (picture: DatasetPicture): Promise<SeenPicture> => {
    if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped before all pictures were looked at");
    const seen = await stills.see(picture.path);
    return { picture, truth: trueObjects(picture, seen, classes), found: foundObjects(seen.detections, classes) };
  };
  for await (const seen of inOrder(dataset.pictures, stills.atOnce, see)) {
    judged.push(seen);
    onPicture?.(seen);
  }
  const accuracy = accuracyOf(judged);
  const objects = accuracy.classes.reduce((sum, { objectCount }) => sum + objectCount, 0);
  return { pictures: judged.length, objects, accuracy, curves: curvesOf(judged), confusion: confusionOf(judged) };
}

function trueObjects(picture: DatasetPicture, size: { readonly widthPx: number; readonly heightPx: number }, { toModel }: ClassMap): JudgedPicture["truth"] {
  return picture.truth(size).flatMap((object) => {
    const classId = toModel.get(object.classId);
    return classId === undefined ? [] : [{ ...object, classId }];
  });
}

/** Classes that the data set does not have are nobody's mistake. */
function foundObjects({ count, boxes, scores, classIds }: DetectionBatch, { toModel }: ClassMap): FoundObject[] {
  const known = new Set(toModel.values());
  const found: FoundObject[] = [];
  for (let i = 0; i < count; i += 1) {
    if (known.has(classIds[i]!)) found.push({ classId: classIds[i]!, score: scores[i]!, box: [boxes[4 * i]!, boxes[4 * i + 1]!, boxes[4 * i + 2]!, boxes[4 * i + 3]!] });
  }
  return found;
}
