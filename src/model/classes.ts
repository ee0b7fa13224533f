import { PipelineError } from "../core/errors.js";

/** Most labels that an error message lists. */
const LISTED_LABELS = 12;

/**
 * Class ids for names or numbers as a person gives them; null when none are given (= all classes). Names match whatever
 * their case.
 * @throws PipelineError E_CONFIG when the model has no such class
 */
export function classIdsOf(labels: readonly string[], classes: readonly (string | number)[]): number[] | null {
  if (classes.length === 0) return null;
  return classes.map((wanted) => {
    const id = idOf(labels, wanted);
    if (id !== undefined) return id;
    const more = labels.length > LISTED_LABELS ? `, ... (${labels.length} in all)` : "";
    throw new PipelineError("E_CONFIG", `detect.classes: the model has no class "${wanted}"; it has ${labels.slice(0, LISTED_LABELS).join(", ")}${more}`);
  });
}

function idOf(labels: readonly string[], wanted: string | number): number | undefined {
  const byName = labels.findIndex((label) => label.toLowerCase() === String(wanted).toLowerCase());
  if (byName >= 0) return byName;
  const id = Number(wanted);
  return String(wanted).trim() !== "" && Number.isInteger(id) && id >= 0 && id < labels.length ? id : undefined;
}
