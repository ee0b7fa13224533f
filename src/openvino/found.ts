import { statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { PipelineError } from "../core/errors.js";
import { userWorld, type UserWorld } from "../core/user-cache.js";
import { runtimesFolder } from "./folder.js";
import { bestOf, isLibraryName, librariesIn, libraryAt, libraryWords, namesIn, type LibraryFile } from "./library.js";
import { systemFolders } from "./system.js";
import { isKnownVersion, KNOWN_VERSIONS } from "./version.js";

/** OpenVINO's libraries at this machine. */
export interface OpenvinoLibraries {
  /** Absolute path of libopenvino_c.so.* (or .dylib, .dll). */
  readonly libraryPath: string;
  /** As its file name, package or folder says: "2026.4.1"; null where nothing says it before it is loaded. */
  readonly version: string | null;
  /** Where it was found, in words: "inference.openvinoPath", "SIGHTLINE_OPENVINO", "the folder of runtimes", "the system's libraries". */
  readonly from: string;
}

/** What decides where is looked. */
export interface SearchWorld extends UserWorld {
  /** Folders with the system's libraries. */
  readonly systemFolders: readonly string[];
}

const SETTING = "inference.openvinoPath";
/** Names a folder or the library itself where the settings do not. */
const VARIABLE = "SIGHTLINE_OPENVINO";
const HOW_TO_ADD = "sightline runtime add openvino";

/** One place that was looked at: what was there, or why nothing. */
interface Step {
  readonly from: string;
  readonly files: readonly LibraryFile[];
  readonly seen: string;
}

/**
 * Looks in turn at the setting, the environment, the folder of runtimes that were added, the system's libraries. What the
 * setting or the environment names must be right: nothing else is taken instead. Nothing is loaded. For the main thread.
 * `path`: a folder or the library itself.
 * @throws PipelineError E_RUNTIME_MISSING with each step and what was seen there, E_RUNTIME_VERSION
 */
export function findOpenvino({ path = null }: { readonly path?: string | null } = {}, world: SearchWorld = searchWorld()): OpenvinoLibraries {
  const variable = world.environment[VARIABLE] ?? "";
  if (path !== null && path !== "") return named(SETTING, path, world);
  if (variable !== "") return named(VARIABLE, variable, world);
  const unset = [SETTING, VARIABLE].map((from) => ({ from, files: [], seen: `${from} is not set` }));
  const steps: Step[] = [...unset, addedStep(world), systemStep(world)];
  for (const { from, files } of steps) {
    const best = bestOf(files);
    if (best) return { libraryPath: best.path, version: best.version, from };
  }
  throw nothingFound(steps);
}

/** The world of this process. */
export function searchWorld(): SearchWorld {
  const world = userWorld();
  return { ...world, systemFolders: systemFolders(world, process.arch) };
}

/** What a person has named: exactly that, or an error. */
function named(from: string, path: string, { platform }: SearchWorld): OpenvinoLibraries {
  const at = resolve(path);
  const kind = statSync(at, { throwIfNoEntry: false });
  const words = libraryWords(platform);
  const wrong = (why: string): PipelineError => new PipelineError("E_RUNTIME_MISSING", `${from} is ${path}, ${why}; it is to be ${words} or a folder with it. To add OpenVINO: ${HOW_TO_ADD}`);
  if (kind === undefined) throw wrong("which is not there");
  if (kind.isFile() && !isLibraryName(basename(at), platform)) throw wrong("a file of another name");
  const only = kind.isFile() ? libraryAt(at) : null;
  const files = only === null ? librariesIn(at, platform) : [only];
  const [best] = [bestOf(files) ?? files[0]];
  if (!best) throw wrong(`where no ${words} is`);
  if (best.version !== null && !isKnownVersion(best.version)) throw unknownVersion([best], from);
  return { libraryPath: best.path, version: best.version, from };
}

function addedStep(world: SearchWorld): Step {
  const folder = runtimesFolder(world);
  const files = addedFolders(folder).flatMap((one) => librariesIn(one, world.platform));
  return { from: "the folder of runtimes", files, seen: seenText(files, `nothing was added to ${folder}`) };
}

/** The folders of OpenVINO that were added, whichever versions. */
export function addedFolders(folder: string): string[] {
  return namesIn(folder).filter((name) => /^openvino-[\d.]+$/.test(name)).map((name) => join(folder, name));
}

function systemStep({ systemFolders: folders, platform }: SearchWorld): Step {
  const files = folders.flatMap((folder) => librariesIn(folder, platform));
  return { from: "the system's libraries", files, seen: seenText(files, `no ${libraryWords(platform)} in ${folders.join(", ")}`) };
}

function seenText(files: readonly LibraryFile[], nothing: string): string {
  return files.length === 0 ? nothing : files.map(({ path, version }) => `${path} is ${version}`).join(", ");
}

/** Of what is there but is another version it is told that, and not that nothing is there. */
function nothingFound(steps: readonly Step[]): PipelineError {
  const others = steps.flatMap(({ files }) => files);
  if (others.length > 0) return unknownVersion(others, null);
  return new PipelineError("E_RUNTIME_MISSING", `OpenVINO is not at this machine: ${steps.map(({ seen }) => seen).join("; ")}. To add it: ${HOW_TO_ADD}`);
}

function unknownVersion(files: readonly LibraryFile[], from: string | null): PipelineError {
  const where = from === null ? "" : `${from}: `;
  return new PipelineError("E_RUNTIME_VERSION", `${where}${seenText(files, "")}; known are ${KNOWN_VERSIONS}. To add one of those: ${HOW_TO_ADD}`);
}
