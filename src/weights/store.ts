import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { copyFile, mkdir, open, rename, rm, stat } from "node:fs/promises";
import { messageOf, PipelineError, systemCodeOf } from "../core/errors.js";
import { modelsFolder } from "./folder.js";
import { pathOf, sha256Of } from "./local.js";
import { readRegistry, type ModelEntry } from "./registry.js";

/** How a model's file is found here. changed = a file is there that is not the registry's. */
export type WeightsState = "whole" | "missing" | "changed";

/** One model of the registry, and its file here. */
export interface CheckedWeights {
  readonly entry: ModelEntry;
  readonly path: string;
  readonly state: WeightsState;
  /** What the file has; null where there is none. */
  readonly bytes: number | null;
  readonly sha256: string | null;
}

/** Reads the files of all models and compares their digests. @throws PipelineError E_MODEL_REGISTRY, E_MODEL_FOLDER */
export async function verifyWeights(folder = modelsFolder()): Promise<CheckedWeights[]> {
  const checked: CheckedWeights[] = [];
  for (const entry of await readRegistry()) checked.push(await verifyOne(entry, folder));
  return checked;
}

async function verifyOne(entry: ModelEntry, folder: string): Promise<CheckedWeights> {
  const path = pathOf(entry, folder);
  try {
    const { size: bytes } = await stat(path);
    const sha256 = await sha256Of(path);
    return { entry, path, bytes, sha256, state: sha256 === entry.sha256 ? "whole" : "changed" };
  } catch (thrown) {
    if (systemCodeOf(thrown) === "ENOENT") return { entry, path, bytes: null, sha256: null, state: "missing" };
    throw new PipelineError("E_MODEL_FOLDER", `${path} can't be read (${systemCodeOf(thrown)})`, { cause: thrown });
  }
}

/**
 * Puts a file that came in another way into the folder of weights. Which model it is, its digest says.
 * @throws PipelineError E_MODEL_IMPORT when it is none of the registry; E_MODEL_MISSING, E_MODEL_UNREADABLE, E_MODEL_REGISTRY, E_MODEL_FOLDER
 */
export async function importWeights(file: string, folder = modelsFolder()): Promise<{ entry: ModelEntry; path: string }> {
  const facts = await stat(file).catch(() => null);
  if (facts?.isFile() !== true) throw new PipelineError("E_MODEL_MISSING", `${file} ${facts === null ? "was not found" : "is no file"}`);
  const sha256 = await sha256Of(file).catch((cause: unknown) => {
    throw new PipelineError("E_MODEL_UNREADABLE", `${file}: ${messageOf(cause)}`, { cause });
  });
  const registry = await readRegistry();
  const entry = registry.find((one) => one.sha256 === sha256);
  if (entry === undefined) throw new PipelineError("E_MODEL_IMPORT", notKnown(file, facts.size, sha256, registry));
  const path = pathOf(entry, folder);
  if (entry.address !== null) await placed(file, path, entry, folder);
  return { entry, path };
}

/** A copy, whole and safe under its name or not there at all. What was read before is read again: a file may change while it is copied, or a disk be bad. */
async function placed(file: string, path: string, { name, sha256 }: ModelEntry, folder: string): Promise<void> {
  const copy = `${path}.${process.pid}-${randomBytes(4).toString("hex")}.copy`;
  try {
    await mkdir(folder, { recursive: true });
    await copyFile(file, copy, constants.COPYFILE_EXCL);
    const copied = await sha256Of(copy);
    if (copied !== sha256) throw new PipelineError("E_MODEL_FOLDER", `the copy of ${file} in ${folder} is not ${name} any more: its sha256 is ${copied}`);
    await synced(copy);
    await rename(copy, path);
  } catch (cause) {
    await rm(copy, { force: true }).catch(() => undefined);
    if (cause instanceof PipelineError) throw cause;
    throw new PipelineError("E_MODEL_FOLDER", `${folder} can't be written (${systemCodeOf(cause)})`, { cause });
  }
}

async function synced(path: string): Promise<void> {
  await using file = await open(path, "r+");
  await file.sync();
}

/** A file of the right size is most likely that model, damaged on its way. */
function notKnown(file: string, bytes: number, sha256: string, registry: readonly ModelEntry[]): string {
  const seen = `${file} has ${bytes} bytes and sha256 ${sha256}`;
  const meant = registry.find((one) => one.bytes === bytes);
  if (meant) return `${seen}; ${meant.name} has as many bytes and sha256 ${meant.sha256}`;
  return `${seen}, which no model of the registry has; a file of your own needs no import: --model ${file}`;
}
