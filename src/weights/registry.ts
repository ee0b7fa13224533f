import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, PipelineError } from "../core/errors.js";
import { z } from "../core/schema.js";

/** Seen from the compiled `dist/src/weights`. */
const REGISTRY_FILE = new URL("../../../config/models.json", import.meta.url);
/** Names another registry, in the same form: a mirror, or models of one's own. */
const REGISTRY_VARIABLE = "SIGHTLINE_MODELS_REGISTRY";
/** Weights beyond it are none: a wrong number would fill the disk. */
const MOST_BYTES = 16 * 1024 ** 3;

const entrySchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "letters a to z and digits, with - between words").max(64),
  family: z.string().min(1),
  inputWidthPx: z.int().positive(),
  inputHeightPx: z.int().positive(),
  labels: z.union([z.literal("coco"), z.array(z.string().min(1)).min(1)]),
  address: z.string().regex(/^https?:\/\/[^\s@]+$/i, "an http or https address without a user").nullable(),
  bytes: z.int().positive().max(MOST_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  licence: z.string().min(1),
  page: z.string().min(1),
});

const registrySchema = z.strictObject({ v: z.literal(1), models: z.array(entrySchema).min(1) });

/**
 * A model that can be had by its name.
 * labels    one a class, or COCO's 80
 * address   where the file is; null = it comes with sightline
 * licence   its SPDX name; `page` is where model and licence are described
 */
export type ModelEntry = Readonly<z.output<typeof entrySchema>>;

/**
 * All models that have a name: those of config/models.json, or of the file that SIGHTLINE_MODELS_REGISTRY names.
 * @throws PipelineError E_MODEL_REGISTRY
 */
export async function readRegistry(environment: Readonly<Record<string, string | undefined>> = process.env): Promise<readonly ModelEntry[]> {
  const own = environment[REGISTRY_VARIABLE] ?? "";
  const path = own === "" ? fileURLToPath(REGISTRY_FILE) : resolve(own);
  const tree = await readJson(path);
  const parsed = registrySchema.safeParse(tree);
  if (!parsed.success) {
    throw new PipelineError("E_MODEL_REGISTRY", parsed.error.issues.map((issue) => `${path}: ${issue.path.map(String).join(".")}: ${issue.message}`).join("\n"));
  }
  const { models } = parsed.data;
  const twice = models.find(({ name }, i) => models.findIndex((one) => one.name === name) !== i);
  if (twice) throw new PipelineError("E_MODEL_REGISTRY", `${path}: there are two models ${twice.name}`);
  return models;
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as unknown;
  } catch (cause) {
    throw new PipelineError("E_MODEL_REGISTRY", `${path} can't be read: ${messageOf(cause)}`, { cause });
  }
}
