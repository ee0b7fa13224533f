import { existsSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { extname, join, resolve } from "node:path";
import { PipelineError } from "../core/errors.js";
import { readCoco } from "./coco.js";
import type { Dataset } from "./dataset.js";
import { readYolo, type Split } from "./yolo.js";

/** Where a data set is, and which part of it. */
export interface DatasetOptions {
  /** A COCO file (.json), a YOLO description (.yaml), or a folder with one of them or with images/ and labels/. */
  readonly path: string;
  /** The pictures of a COCO file; null = found beside it. */
  readonly imagesFolder: string | null;
  /** Which part of a YOLO data set. */
  readonly split: Split;
}

/** What Roboflow calls its COCO file. */
const COCO_FILE = "_annotations.coco.json";
const YOLO_FILE = "data.yaml";

/**
 * Reads ground truth, all of it but the pictures, which are looked for.
 * @throws PipelineError E_DATASET, E_DATASET_MISSING
 */
export async function openDataset(options: DatasetOptions): Promise<Dataset> {
  const path = resolve(options.path);
  const there = statSync(path, { throwIfNoEntry: false });
  if (there === undefined) throw new PipelineError("E_DATASET_MISSING", `${path} was not found`);
  const file = there.isDirectory() ? await descriptionIn(path) : path;
  const dataset = file !== null && extname(file).toLowerCase() === ".json" ? await readCoco(file, options.imagesFolder) : await readYolo(file, path, options.split);
  if (dataset.pictures.length === 0) throw new PipelineError("E_DATASET", `${file ?? path}: it names no picture`);
  requirePictures(dataset);
  return dataset;
}

/** The file in a folder that describes it; null = there is none, its folders speak for themselves. */
async function descriptionIn(folder: string): Promise<string | null> {
  for (const name of [YOLO_FILE, COCO_FILE]) if (existsSync(join(folder, name))) return join(folder, name);
  const names = await readdir(folder);
  const some = names.filter((name) => /\.ya?ml$/i.test(name));
  const [only] = some.length > 0 ? some : names.filter((name) => /\.json$/i.test(name));
  if (some.length > 1) throw new PipelineError("E_DATASET", `${folder} holds ${some.join(", ")}: give the one that is meant`);
  return only === undefined ? null : join(folder, only);
}

/** Most missing files that a message names. */
const NAMED_MISSING = 3;

function requirePictures({ path, pictures }: Dataset): void {
  const missing = pictures.filter((picture) => !existsSync(picture.path));
  if (missing.length === 0) return;
  const names = missing.slice(0, NAMED_MISSING).map((picture) => picture.path);
  throw new PipelineError("E_DATASET_MISSING", `${path}: ${missing.length} of its ${pictures.length} pictures are not there: ${names.join(", ")}${missing.length > names.length ? ", ..." : ""}`);
}
