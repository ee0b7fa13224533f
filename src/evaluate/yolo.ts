import { existsSync, readFileSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { parseSettingsFile } from "../config/index.js";
import { asPipelineError, PipelineError, systemCodeOf } from "../core/errors.js";
import { z } from "../core/schema.js";
import type { SizePx } from "../model/index.js";
import { IMAGE_EXTENSIONS } from "../source/index.js";
import type { Dataset, DatasetClass, DatasetPicture } from "./dataset.js";
import { readLabels, truthOf } from "./yolo-labels.js";

/** The parts of a YOLO data set. */
export const SPLITS = ["train", "val", "test"] as const;
/** One of SPLITS. */
export type Split = (typeof SPLITS)[number];

const places = z.union([z.string(), z.array(z.string())]);

/** What of a data.yaml counts here. */
const descriptionSchema = z.looseObject({
  path: z.string().nullish(),
  names: z.union([z.array(z.coerce.string()), z.record(z.string().regex(/^\d+$/), z.coerce.string())], "expected are names, or a name for each of 0, 1, 2, ...").nullish(),
  kpt_shape: z.array(z.int()).nullish(),
  train: places.nullish(),
  val: places.nullish(),
  test: places.nullish(),
});

interface Description {
  readonly classes: readonly DatasetClass[] | null;
  /** Folders with pictures, or lists of them. */
  readonly places: readonly string[];
  /** Labels have points behind their box. */
  readonly hasPoints: boolean;
}

/**
 * Reads a YOLO data set: a data.yaml with path, train/val/test and names, or a folder of images/ and labels/ (and classes.txt)
 * alone. Labels lie where `images` in a picture's path is `labels`, else beside it; a picture without labels has nothing in it.
 * @throws PipelineError E_DATASET with the file and line, E_DATASET_MISSING
 */
export async function readYolo(file: string | null, path: string, split: Split): Promise<Dataset> {
  const { classes, places: where, hasPoints } = file === null ? plainFolder(path, split) : await described(file, split);
  const found = new Set<string>();
  for (const place of where) for (const picture of await picturesAt(place)) found.add(picture);
  const paths = [...found].sort();
  const classCount = classes === null ? null : Math.max(-1, ...classes.map(({ id }) => id)) + 1;
  const numbers = new Set<number>();
  let labelled = 0;
  const pictures = paths.map((picture): DatasetPicture => {
    const labels = readLabels(labelsOf(picture), { classCount, hasPoints });
    if (labels !== null) labelled += 1;
    for (const { classId } of labels ?? []) numbers.add(classId);
    return { path: picture, truth: (size: SizePx) => truthOf(labels ?? [], size) };
  });
  if (labelled === 0 && paths[0] !== undefined) throw new PipelineError("E_DATASET_MISSING", `${path}: none of its ${paths.length} pictures has labels; those of ${paths[0]} would be ${labelsOf(paths[0])}`);
  return { kind: "yolo", path: file ?? path, classes, numbers: [...numbers].sort((a, b) => a - b), pictures };
}

async function described(file: string, split: Split): Promise<Description> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new PipelineError("E_DATASET_MISSING", `${file} can't be read (${systemCodeOf(cause)})`, { cause });
  });
  const { tree, locate } = yaml(text, file);
  const read = descriptionSchema.safeParse(tree);
  if (!read.success) {
    throw new PipelineError("E_DATASET", read.error.issues.map(({ path, message }) => `${file}:${locate(path.filter((key) => typeof key !== "symbol")).line} ${path.join(".") || "the file"}: ${message}`).join("\n"));
  }
  const { path: root, names, kpt_shape, [split]: of } = read.data;
  if (of === undefined || of === null) throw new PipelineError("E_DATASET", `${file} says nothing of ${split}: --split names the part to evaluate, such as train or test`);
  const base = resolve(dirname(file), root ?? ".");
  return {
    classes: names === undefined || names === null ? null : Object.entries(names).map(([id, name]) => ({ id: Number(id), name })),
    places: [of].flat().map((place) => placeOf(place, existsSync(base) ? base : dirname(file), file)),
    hasPoints: kpt_shape !== undefined && kpt_shape !== null,
  };
}

function yaml(text: string, file: string) {
  try {
    return parseSettingsFile(text, file);
  } catch (cause) {
    throw new PipelineError("E_DATASET", asPipelineError(cause, "E_DATASET").message, { cause });
  }
}

/** Roboflow writes ../valid/images where it means valid/images beside the file. */
function placeOf(place: string, base: string, file: string): string {
  const tries = [resolve(base, place), resolve(base, place.replace(/^(?:\.\.\/)+/, ""))];
  const found = tries.find((one) => existsSync(one));
  if (found === undefined) throw new PipelineError("E_DATASET_MISSING", `${file}: its pictures are not at ${tries[0]}`);
  return found;
}

function plainFolder(folder: string, split: Split): Description {
  if (!statSync(folder).isDirectory()) throw new PipelineError("E_DATASET", `${folder} is neither a COCO file (.json) nor a YOLO description (.yaml) nor a folder`);
  const tries = [join(folder, "images", split), join(folder, split, "images"), join(folder, "images"), folder];
  const names = join(folder, "classes.txt");
  const lines = existsSync(names) ? readFileSync(names, "utf8").trimEnd().split(/\r?\n/) : null;
  return { classes: lines?.map((name, id) => ({ id, name: name.trim() })) ?? null, places: [tries.find((one) => existsSync(one))!], hasPoints: false };
}

/** All pictures below a folder, or those that a list (.txt) names. */
async function picturesAt(place: string): Promise<string[]> {
  if (statSync(place).isDirectory()) {
    const names = await readdir(place, { recursive: true });
    return names.filter(isPicture).map((name) => join(place, name));
  }
  if (isPicture(place)) return [place];
  const lines = (await readFile(place, "utf8")).split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== "").map((line) => (isAbsolute(line) ? line : resolve(dirname(place), line)));
}

const isPicture = (name: string): boolean => IMAGE_EXTENSIONS.some((extension) => extension === extname(name).toLowerCase());

/** `a/images/b/1.jpg` has its labels in `a/labels/b/1.txt`: the last `images` counts. */
function labelsOf(picture: string): string {
  const folders = dirname(picture).split(sep);
  const at = folders.lastIndexOf("images");
  if (at >= 0) folders[at] = "labels";
  const name = relative(dirname(picture), picture);
  return join(folders.join(sep) || sep, `${name.slice(0, name.length - extname(name).length)}.txt`);
}
