import { dirname } from "node:path";
import type { Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import { isHere, modelNamed, pathOf, pullModel, type ModelEntry } from "../weights/index.js";
import { showLine } from "./progress.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

const BAR_COLUMNS = 24;
const MEGA = 1_000_000;
const MS_PER_S = 1000;

/** The models that settings name, for all streams and for single ones. Pure. */
export function modelsIn({ model, streams }: Pick<Settings, "model" | "streams">): string[] {
  return [model.path, ...Object.values(streams).flatMap((stream) => stream.model?.path ?? [])];
}

/**
 * Fetches those of the models that are called by name and are not here yet. Whoever reads them later finds them, or says
 * that they are not here: nothing is fetched behind anybody's back.
 * @throws PipelineError E_MODEL_NAME, E_MODEL_REGISTRY, E_PULL_*, E_MODEL_FOLDER, E_STOPPED
 */
export async function fetchModels(words: readonly string[], signal: AbortSignal): Promise<void> {
  for (const word of new Set(words)) {
    const entry = await modelNamed(word);
    if (entry === null || (await isHere(entry))) continue;
    using terminal = openTerminal();
    await pullShown(entry, terminal, signal);
  }
}

/** Fetches one model, and shows its licence before and how far it is meanwhile. @returns its path @throws as `pullModel` */
export async function pullShown(entry: ModelEntry, terminal: Terminal, signal: AbortSignal): Promise<string> {
  const { name, address, bytes } = entry;
  if (address === null) return pathOf(entry);
  terminal.say(`sightline: ${printable(announcement(entry, dirname(pathOf(entry))))}`);
  const startedMs = systemClock.monotonicMs();
  let firstBytes: number | undefined;
  let doneBytes = 0;
  const line = (): string => pullText({ name, bytes, doneBytes, cameBytes: doneBytes - (firstBytes ?? doneBytes), tookMs: systemClock.monotonicMs() - startedMs });
  using _progress = showLine(line, terminal, systemClock);
  const path = await pullModel(entry, {
    clock: systemClock,
    signal,
    onBytes(done) {
      firstBytes ??= done;
      doneBytes = done;
    },
    onWait: (why, waitMs) => terminal.say(`sightline: ${terminal.paint.yellow(printable(`${name}: ${why}; again in ${Math.ceil(waitMs / MS_PER_S)} s`))}`),
  });
  terminal.say(`sightline: ${name} is here`);
  return path;
}

/** What is about to be fetched, from whom, on which terms. Pure. */
export function announcement({ name, address, bytes, licence, page }: ModelEntry, folder: string): string {
  const host = address === null ? "here" : new URL(address).host;
  return `${name}: ${megabytes(bytes)} from ${host}, licence ${licence} (${page}), into ${folder}`;
}

/** How far a pull is. `cameBytes`: those that came in `tookMs`; others were here before. */
export interface PullState {
  readonly name: string;
  readonly bytes: number;
  readonly doneBytes: number;
  readonly cameBytes: number;
  readonly tookMs: number;
}

/** A bar, share, amount, rate and time left. Pure. */
export function pullText({ name, bytes, doneBytes, cameBytes, tookMs }: PullState): string {
  const share = Math.min(1, doneBytes / bytes);
  const full = Math.floor(share * BAR_COLUMNS);
  const bar = `[${"#".repeat(full)}${"-".repeat(BAR_COLUMNS - full)}]`;
  const bytesPerS = tookMs > 0 ? (cameBytes / tookMs) * MS_PER_S : 0;
  const left = bytesPerS > 0 ? `  ${megabytes(bytesPerS)}/s  ETA ${Math.ceil((bytes - doneBytes) / bytesPerS)} s` : "";
  return `${name}  ${bar}  ${String(Math.floor(share * 100)).padStart(3)}%  ${megabytes(doneBytes)} of ${megabytes(bytes)}${left}`;
}

/** Megabytes as file managers count them. Pure. */
export function megabytes(bytes: number): string {
  return `${(bytes / MEGA).toFixed(1)} MB`;
}
