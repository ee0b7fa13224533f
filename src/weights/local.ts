import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PipelineError } from "../core/errors.js";
import { modelsFolder } from "./folder.js";
import type { ModelEntry } from "./registry.js";

/** The model that comes along. Seen from the compiled `dist/src/weights`. */
const BUILTIN_FILE = new URL("../../../samples/street.onnx", import.meta.url);

/** Bytes that are hashed at a time. */
const CHUNK_BYTES = 1024 * 1024;

/** Where a model's file lies, or would lie once it was pulled. Absolute. */
export function pathOf({ name, address }: ModelEntry, folder = modelsFolder()): string {
  return address === null ? fileURLToPath(BUILTIN_FILE) : join(folder, `${name}.onnx`);
}

/** Whether a file of the right size is there. What is in it is looked at where it is read: see `loadModelInfo`. */
export async function isHere(entry: ModelEntry, folder = modelsFolder()): Promise<boolean> {
  const facts = await stat(pathOf(entry, folder)).catch(() => null);
  return facts?.isFile() === true && facts.size === entry.bytes;
}

/**
 * The path of a model that is here.
 * @throws PipelineError E_MODEL_NOT_PULLED
 */
export async function requireHere(entry: ModelEntry, folder = modelsFolder()): Promise<string> {
  const path = pathOf(entry, folder);
  if (await isHere(entry, folder)) return path;
  throw new PipelineError("E_MODEL_NOT_PULLED", `${entry.name} is known, but its weights are not at ${path}: sightline models pull ${entry.name}`);
}

/** A file's SHA-256, 64 hex digits. @throws the system's errors */
export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
