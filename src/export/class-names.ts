import { PipelineError } from "../core/errors.js";
import type { FrameRecord } from "../wire/index.js";

/** Classes by their number in the model. */
export interface ClassNames {
  /** @throws PipelineError E_EXPORT when the number has another name already: the log is of two models */
  note(object: FrameRecord["objects"][number], stream: string): void;
  /**
   * Those that were seen, and all that the model has where that is known. Ascending; `points`: the most points of a pose that
   * an object of the class has, 0 = none.
   */
  all(labels: readonly string[]): readonly (readonly [classId: number, label: string, points: number])[];
}

/** Makes an empty table. */
export function classNames(): ClassNames {
  const names = new Map<number, { readonly label: string; readonly stream: string; points: number }>();
  return {
    note({ classId, label, keypoints }, stream) {
      const known = names.get(classId);
      if (known === undefined) names.set(classId, { label, stream, points: keypoints?.length ?? 0 });
      else if (known.label !== label) {
        throw new PipelineError("E_EXPORT", `class ${classId} is ${JSON.stringify(known.label)} in stream ${known.stream} and ${JSON.stringify(label)} in stream ${stream}: they are of two models, and one table can't name both`);
      } else known.points = Math.max(known.points, keypoints?.length ?? 0);
    },
    all: (labels) => {
      const known = new Map<number, { readonly label: string; readonly points: number }>([...labels.map((label, classId) => [classId, { label, points: 0 }] as const), ...names]);
      return [...known].map(([classId, { label, points }]) => [classId, label, points] as const).sort(([a], [b]) => a - b);
    },
  };
}
