import { mkdir } from "node:fs/promises";
import type { Clock } from "../core/clock.js";
import { asPipelineError, PipelineError, systemCodeOf } from "../core/errors.js";
import { download, type DownloadLimits } from "./download.js";
import { modelsFolder } from "./folder.js";
import { openHttp } from "./http.js";
import { isHere, pathOf, sha256Of } from "./local.js";
import { openPart, type Part } from "./part.js";
import type { ModelEntry } from "./registry.js";

/** What a pull needs besides the model's entry. */
export interface PullOptions {
  readonly clock: Clock;
  /** Stops it; what has come is kept. */
  readonly signal?: AbortSignal;
  /** Default: `modelsFolder()`. */
  readonly folder?: string;
  readonly limits?: Partial<DownloadLimits>;
  /** Told of every piece, with how much of the file is there. */
  readonly onBytes?: (doneBytes: number) => void;
  /** Told before it is tried again. */
  readonly onWait?: (why: string, waitMs: number) => void;
}

const LIMITS: DownloadLimits = { stallMs: 30_000, fruitlessTries: 5, waitMs: 1000, mostWaitMs: 120_000 };

/**
 * Brings a model's file into the folder of weights, unless it is there, whole and unchanged. Goes on where an earlier pull
 * was broken off; the file has its name only once size and SHA-256 are right. Several at once, in any number of processes,
 * each bring the file; the last one's stays.
 * @returns the path
 * @throws PipelineError E_PULL_UNREACHABLE, E_PULL_REFUSED, E_PULL_BROKEN, E_PULL_CORRUPT, E_MODEL_FOLDER, E_STOPPED
 */
export async function pullModel(entry: ModelEntry, options: PullOptions): Promise<string> {
  const { clock, folder = modelsFolder(), signal = new AbortController().signal } = options;
  const path = pathOf(entry, folder);
  if (entry.address === null) return path;
  // Timers alone keep no process alive, and between two tries there is nothing else.
  using _held = clock.hold();
  try {
    if ((await isHere(entry, folder)) && (await sha256Of(path)) === entry.sha256) return path;
    await mkdir(folder, { recursive: true });
    await using part = await openPart(path, clock);
    await bring({ ...entry, address: entry.address }, part, { ...options, signal });
    await part.finish();
    return path;
  } catch (thrown) {
    if (signal.aborted) throw new PipelineError("E_STOPPED", `${entry.name}: stopped; what has come is kept, and the next pull goes on from there`);
    throw told(entry, folder, thrown);
  }
}

/** Downloads until the digest is right. What an earlier pull has left may be of another file: then all of it comes anew, once. */
async function bring(entry: ModelEntry & { address: string }, part: Part, { clock, signal, limits, onBytes, onWait }: PullOptions & { signal: AbortSignal }): Promise<void> {
  await using http = await openHttp();
  const world = { http, clock, signal, limits: { ...LIMITS, ...limits }, onBytes: onBytes ?? (() => undefined), onWait: onWait ?? (() => undefined) };
  if (part.sizeBytes > entry.bytes) await part.clear();
  const leftBytes = part.sizeBytes;
  await download(entry, part, world);
  if ((await sha256Of(part.path)) === entry.sha256) return;
  if (leftBytes > 0) {
    await part.clear();
    await download(entry, part, world);
  }
  const sha256 = await sha256Of(part.path);
  if (sha256 === entry.sha256) return;
  await part.discard();
  throw new PipelineError("E_PULL_CORRUPT", `what came has sha256 ${sha256}`);
}

/** Every error says what was to be fetched, from where, and how to do without. */
function told(entry: ModelEntry, folder: string, thrown: unknown): PipelineError {
  const code = systemCodeOf(thrown);
  if (!(thrown instanceof PipelineError) && /^E[A-Z]+$/.test(code)) return new PipelineError("E_MODEL_FOLDER", `${folder} can't be written (${code}), so ${entry.name} has no place`, { cause: thrown });
  const error = asPipelineError(thrown, "E_PULL_UNREACHABLE");
  return new PipelineError(error.code, `${entry.name}: ${error.message}. Fetch ${entry.address} (${entry.bytes} bytes, sha256 ${entry.sha256}) in another way, then: sightline models import FILE`, { cause: thrown });
}
