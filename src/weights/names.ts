import { existsSync } from "node:fs";
import { basename } from "node:path";
import { PipelineError } from "../core/errors.js";
import { apart, leastBy } from "../core/spelling.js";
import { readRegistry, type ModelEntry } from "./registry.js";

/** A word without a dot or a slash is a name, also where a file is called so: `./word` is the file. */
const NAME = /^[\w-]+$/;
/** Further away than this many letters a name has nothing to do with the word. */
const FARTHEST = 2.5;

/**
 * The model that a word names; null when the word is a path. `yolox_nano` and `YOLOX-Nano` are names of `yolox-nano` too.
 * @throws PipelineError E_MODEL_NAME when no model is called so; E_MODEL_REGISTRY
 */
export async function modelNamed(word: string): Promise<ModelEntry | null> {
  if (!NAME.test(word)) return null;
  const registry = await readRegistry();
  const found = called(word, registry);
  if (found) return found;
  throw unknownName(word, registry.map(({ name }) => name), existsSync(word));
}

/** What to say of a name that nobody has. Pure. */
export function unknownName(word: string, known: readonly string[], isFile: boolean): PipelineError {
  const nearest = leastBy(known, (name) => apart(word, name));
  const hint = apart(word, nearest) <= FARTHEST ? `did you mean ${nearest}?` : `known: ${known.join(", ")}`;
  const file = isFile ? `; for the file of that name write ./${word}` : "";
  return new PipelineError("E_MODEL_NAME", `no model is called ${word}; ${hint}${file}${exported(word)}`);
}

/** How to come by a model whose file is not there; empty when nobody knows. @throws PipelineError E_MODEL_REGISTRY */
export async function hintForMissing(path: string): Promise<string> {
  if (existsSync(path)) return "";
  const word = basename(path).replace(/\.onnx$/i, "");
  const known = NAME.test(word) ? called(word, await readRegistry()) : undefined;
  return known ? `; ${known.name} is a name that is known: --model ${known.name}` : exported(word);
}

function called(word: string, registry: readonly ModelEntry[]): ModelEntry | undefined {
  return registry.find(({ name }) => name === word.toLowerCase().replaceAll("_", "-"));
}

/** Weights of Ultralytics can't be fetched: they are exported where their program is. */
function exported(word: string): string {
  const known = /^(yolov?\d+[a-z]*|rtdetr)(-[a-z]+)?$/i.test(word);
  return known ? `; a model of Ultralytics is exported first: yolo export model=${word}.pt format=onnx` : "";
}
