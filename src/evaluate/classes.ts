import { PipelineError } from "../core/errors.js";
import type { Dataset, DatasetClass } from "./dataset.js";

/** Which class of the model each class of a data set is, and how that was found out. */
export interface ClassMap {
  /** The model's number by the data set's. */
  readonly toModel: ReadonlyMap<number, number>;
  readonly by: "name" | "order" | "number";
}

/** Most names that a message lists. */
const NAMED = 8;

/**
 * By name, whatever the case, when the model has all of the names (it may have more: those are left aside). Else by order, when
 * there are as many, and no name that both have stands at another place. A data set that names nothing counts as the model does.
 * labels  the model's; none = it may have any number
 * only    the model's classes that are wanted, others are left out; null = all
 * @throws PipelineError E_DATASET_CLASSES
 */
export function mapClasses({ classes, numbers }: Pick<Dataset, "classes" | "numbers">, labels: readonly string[], only: readonly number[] | null): ClassMap {
  return classes === null ? byNumber(numbers, labels, only) : byNameOrOrder(classes, labels, only);
}

function byNumber(numbers: readonly number[], labels: readonly string[], only: readonly number[] | null): ClassMap {
  const beyond = numbers.find((id) => labels.length > 0 && id >= labels.length);
  if (beyond !== undefined && only === null) {
    throw new PipelineError("E_DATASET_CLASSES", `the ground truth names no classes, so its numbers are the model's, and it has class ${beyond}: the model has ${labels.length}, 0 to ${labels.length - 1} (${listed(labels)})`);
  }
  const ids = labels.length > 0 ? labels.map((_, id) => id) : numbers;
  return { toModel: new Map(ids.filter((id) => only === null || only.includes(id)).map((id) => [id, id])), by: "number" };
}

function byNameOrOrder(classes: readonly DatasetClass[], labels: readonly string[], only: readonly number[] | null): ClassMap {
  const byId = classes.toSorted((a, b) => a.id - b.id);
  const places = new Map(labels.map((label, i) => [plain(label), i] as const).reverse());
  const found = byId.map(({ id, name }) => [id, places.get(plain(name))] as const);
  const unknown = byId.filter((_, i) => found[i]![1] === undefined);
  const isInOrder = found.every(([, place], i) => place === undefined || place === i);
  const pairs = unknown.length > 0 && byId.length === labels.length && isInOrder ? found.map(([id], i) => [id, i] as const) : found;
  const by = pairs === found ? "name" : "order";
  const wanted = pairs.filter((pair): pair is readonly [number, number] => pair[1] !== undefined && (only === null || only.includes(pair[1])));
  if (by === "name" && unknown.length > 0 && only === null) {
    throw new PipelineError("E_DATASET_CLASSES", `the model has no ${listed(unknown.map(({ name }) => name))}: it has ${labels.length} classes (${listed(labels)}), the ground truth ${classes.length}`);
  }
  const twice = wanted.find(([, place], i) => wanted.findIndex(([, other]) => other === place) !== i);
  if (twice) throw new PipelineError("E_DATASET_CLASSES", `two classes of the ground truth have the name ${JSON.stringify(labels[twice[1]])}`);
  if (wanted.length === 0) throw new PipelineError("E_DATASET_CLASSES", "none of the wanted classes is in the ground truth");
  return { toModel: new Map(wanted), by };
}

/** `Traffic_Light` and `traffic light` are one name. */
const plain = (name: string): string => name.trim().toLowerCase().replace(/[\s_-]+/g, " ");

const listed = (names: readonly string[]): string => `${names.slice(0, NAMED).map((name) => JSON.stringify(name)).join(", ")}${names.length > NAMED ? `, ... (${names.length})` : ""}`;
