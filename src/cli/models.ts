import { stat } from "node:fs/promises";
import { PipelineError } from "../core/errors.js";
import type { InstanceOptions } from "../pool/index.js";
import { importWeights, isHere, modelNamed, modelsFolder, pathOf, readRegistry, requireHere, verifyWeights, type CheckedWeights, type ModelEntry } from "../weights/index.js";
import { showAnswer, type Answer } from "./answer.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { modelFacts } from "./model-facts.js";
import { megabytes, pullShown } from "./pull.js";
import { coded } from "./report-error.js";
import { settingsFor } from "./settings.js";
import type { Stop } from "./stop.js";
import { openTerminal } from "./terminal.js";

/**
 * `sightline models list|pull|info|verify|path|import [NAME|FILE]`
 * @returns 1 when `verify` found a file that is not what it should be, else 0
 * @throws PipelineError E_USAGE, E_MODEL_*, E_PULL_*, E_LABELS, E_STOPPED
 */
export function models(words: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  return showAnswer(words, given, (action, word) => answerTo(action, word, given, stop));
}

async function answerTo(action: string | undefined, word: string | undefined, given: GivenFlags, stop: Stop): Promise<Answer> {
  switch (action) {
    case "list":
      refuse(action, word);
      return list();
    case "verify":
      refuse(action, word);
      return verify();
    case "pull":
      return pull(await named(action, word), stop);
    case "path":
      return path(await named(action, word));
    case "info":
      return info(required(action, word, "NAME or FILE"), given);
    case "import":
      return imported(required(action, word, "FILE"));
    default:
      throw new PipelineError("E_USAGE", `models is followed by ${JSON.stringify(action)}; allowed: list, pull NAME, info FILE or NAME, verify, path NAME, import FILE`);
  }
}

function refuse(action: string, word: string | undefined): void {
  if (word !== undefined) throw new PipelineError("E_USAGE", `models ${action} takes no further word, but ${JSON.stringify(word)} was given`);
}

function required(action: string, word: string | undefined, what: string): string {
  if (word === undefined || word === "") throw new PipelineError("E_USAGE", `models ${action} needs a ${what}`);
  return word;
}

async function named(action: string, word: string | undefined): Promise<ModelEntry> {
  const entry = await modelNamed(required(action, word, "NAME; sightline models list shows them"));
  if (entry === null) throw new PipelineError("E_MODEL_NAME", `${word} is a path, models ${action} takes a name`);
  return entry;
}

async function list(): Promise<Answer> {
  const rows = await Promise.all((await readRegistry()).map(async (entry) => ({ ...entry, path: pathOf(entry), isHere: await isHere(entry) })));
  const widest = Math.max(...rows.map(({ name }) => name.length));
  const lines = rows.map(({ name, family, inputWidthPx, inputHeightPx, bytes, licence, address, isHere: here }) => {
    const state = address === null ? "comes along" : here ? "here" : "not pulled";
    return `${name.padEnd(widest)}  ${family.padEnd(8)}${`${inputWidthPx}x${inputHeightPx}`.padEnd(9)}${megabytes(bytes).padStart(8)}  ${licence.padEnd(12)}${state}`;
  });
  return { json: { folder: modelsFolder(), models: rows }, lines: [...lines, `pulled ones lie in ${modelsFolder()}`] };
}

async function pull(entry: ModelEntry, stop: Stop): Promise<Answer> {
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const path = await pullShown(entry, terminal, stop.signal);
  return { json: { name: entry.name, path, sha256: entry.sha256 }, lines: [path] };
}

async function path(entry: ModelEntry): Promise<Answer> {
  const found = await requireHere(entry);
  return { json: { name: entry.name, path: found }, lines: [found] };
}

async function verify(): Promise<Answer> {
  const checked = await verifyWeights();
  const isWhole = !checked.some(({ state }) => state === "changed");
  const json = { ok: isWhole, folder: modelsFolder(), models: checked.map(({ entry, ...found }) => ({ name: entry.name, ...found, expected: { bytes: entry.bytes, sha256: entry.sha256 } })) };
  return { json, lines: checked.map(checkedText), status: isWhole ? 0 : 1 };
}

function checkedText({ entry, path: file, state, bytes, sha256 }: CheckedWeights): string {
  if (state === "missing") return `-     ${entry.name}: not here`;
  if (state === "whole") return `ok    ${entry.name}: ${file}`;
  return `fail  ${entry.name}: ${file} has ${bytes} bytes and sha256 ${sha256}, expected ${entry.bytes} bytes and ${entry.sha256}; sightline models pull ${entry.name} replaces it`;
}

async function imported(file: string): Promise<Answer> {
  const { entry, path: place } = await importWeights(file);
  return { json: { name: entry.name, path: place, sha256: entry.sha256 }, lines: [`${entry.name} is now at ${place}: --model ${entry.name}`] };
}

async function info(word: string, given: GivenFlags): Promise<Answer> {
  const entry = await modelNamed(word);
  if (entry !== null && !(await isHere(entry))) return notHere(entry);
  const { inference, model } = await settingsFor(FLAGS.models, given, []);
  const { loadModelInfo } = await import("../pool/index.js");
  const described = await loadModelInfo(word, model);
  const { size } = await stat(described.info.path);
  const runtime = await runtimeHere({ ...model, ...inference, model: word });
  const { facts, lines } = modelFacts(described, size, runtime);
  const widest = Math.max(...lines.map(([what]) => what.length));
  return { json: facts, lines: lines.map(([what, words]) => `${what.padEnd(widest)}  ${words}`) };
}

/** What the registry says is known without the file. */
function notHere(entry: ModelEntry): Answer {
  const { name, family, inputWidthPx, inputHeightPx, bytes, licence, page, sha256, address } = entry;
  const lines = [
    `${name}: ${family}, ${inputWidthPx}x${inputHeightPx}, ${megabytes(bytes)}, sha256 ${sha256}`,
    `licence ${licence}, ${page}`,
    `not here yet: sightline models pull ${name} fetches ${address}`,
  ];
  return { json: { ...entry, isHere: false }, lines };
}

/** What runs the model here (library/device/precision), or why nothing does: the file's own facts are told all the same. */
async function runtimeHere(options: InstanceOptions): Promise<string> {
  const { ModelInstance, runtimeOf } = await import("../pool/index.js");
  try {
    await using instance = await ModelInstance.open(options);
    return runtimeOf(instance);
  } catch (thrown) {
    const { code, message } = coded(thrown);
    return `none: ${code} ${message}`;
  }
}
