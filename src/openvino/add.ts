import { mkdir, readdir, rename, statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.js";
import { messageOf, PipelineError, systemCodeOf } from "../core/errors.js";
import { runtimesFolder } from "./folder.js";
import { librariesIn, libraryWords } from "./library.js";
import { openPart, removeAbandoned, renameWhole, type Part } from "./part.js";
import { readRelease, thisMachine, wheelFor, type OpenvinoRelease, type Wheel } from "./pins.js";
import { findPip, isUnreachable, pipTrouble, runToEnd, type ProgramWorld } from "./pip.js";

/** What adding needs, and whom it tells. */
export interface AddOptions {
  readonly clock: Clock;
  /** Stops it; nothing stays. */
  readonly signal?: AbortSignal;
  /** Default: `runtimesFolder()`. */
  readonly folder?: string;
  /** Default: that of this process. pip reads its own settings there: PIP_INDEX_URL, PIP_FIND_LINKS, HTTPS_PROXY. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Told before anything is fetched. */
  readonly onBegin?: (release: OpenvinoRelease, wheel: Wheel, folder: string) => void;
  /** Told now and then how much of the wheel is there. */
  readonly onBytes?: (doneBytes: number) => void;
}

/** What is there now. */
export interface AddedOpenvino {
  /** The folder with it, and the library itself. Absolute. */
  readonly path: string;
  readonly libraryPath: string;
  readonly version: string;
  /** It was there before, and nothing was fetched. */
  readonly wasThere: boolean;
}

/** How often it is looked how much has come, ms. */
const LOOK_MS = 500;
/** On the disk at the same time: the wheel, and what is in it. A little more than is counted in bytes. */
const ROOM_FACTOR = 1.05;
const MEGA = 1_000_000;

/**
 * Brings the libraries of OpenVINO into the folder of runtimes, unless they are there: pip fetches the one wheel that
 * config/runtimes.json names for this system, refuses it when its SHA-256 is another, and unpacks it beside its place. What is
 * not needed is thrown away, and the rest gets its name all at once. Several at once, in any number of processes, each bring
 * it; the first one's stays.
 * @throws PipelineError E_RUNTIME_ADD, E_STOPPED
 */
export async function addOpenvino(options: AddOptions): Promise<AddedOpenvino> {
  const { clock, folder = runtimesFolder(), signal = new AbortController().signal, environment = process.env } = options;
  const release = await readRelease(environment);
  const name = `openvino-${release.version}`;
  const path = join(folder, name);
  const before = addedAt(path, release.version, true);
  if (before) return before;
  const wheel = wheelFor(release, thisMachine());
  // Timers alone keep no process alive.
  using _held = clock.hold();
  try {
    const world = { clock, signal, environment };
    const python = await findPip(world);
    await mkdir(folder, { recursive: true });
    await removeAbandoned(folder, clock);
    await checkRoom(folder, wheel);
    options.onBegin?.(release, wheel, folder);
    await using part = await openPart(folder, name, clock);
    using _looks = watched(part, options);
    await fetchInto(part, python, release, wheel, world);
    await renameWhole(await keptOf(part, release), path);
    const added = addedAt(path, release.version, false);
    if (added) return added;
    throw new PipelineError("E_RUNTIME_ADD", `${path} is there, and is no folder of OpenVINO: remove it`);
  } catch (thrown) {
    throw told(release, folder, thrown, signal);
  }
}

function addedAt(path: string, version: string, wasThere: boolean): AddedOpenvino | null {
  const [library] = librariesIn(path, process.platform);
  return library === undefined ? null : { path, libraryPath: library.path, version, wasThere };
}

function watched(part: Part, { clock, onBytes }: AddOptions): Disposable {
  return clock.every(LOOK_MS, () => void part.bytesOf(/\.whl$/).then((bytes) => onBytes?.(bytes)));
}

async function checkRoom(folder: string, { bytes, unpackedBytes }: Wheel): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  const [free, needed] = [bavail * bsize, (bytes + unpackedBytes) * ROOM_FACTOR];
  if (free < needed) throw new PipelineError("E_RUNTIME_ADD", `${folder} has room for ${Math.floor(free / MEGA)} MB, needed are ${Math.ceil(needed / MEGA)} MB`);
}

/** pip's own working files are in the part too, and so go with it, whatever ends pip. */
async function fetchInto({ path }: Part, python: string, release: OpenvinoRelease, wheel: Wheel, world: ProgramWorld): Promise<void> {
  const [requirements, work] = [join(path, "requirements.txt"), join(path, "work")];
  await mkdir(work);
  await writeFile(requirements, `${release.package}==${release.version} --hash=sha256:${wheel.sha256}\n`);
  const environment = { ...world.environment, TMPDIR: work, TEMP: work, TMP: work, PIP_USER: "0", PIP_REQUIRE_VIRTUALENV: "0", PIP_ROOT_USER_ACTION: "ignore", LC_ALL: "C" };
  const ended = await runToEnd(python, [...PIP_INSTALL, ...forWheel(release, wheel), "--target", join(path, "target"), "--requirement", requirements], { ...world, environment });
  if (ended.status === 0) return;
  throw new PipelineError("E_RUNTIME_ADD", isUnreachable(ended) ? `${pipTrouble(ended, path)}. ${withoutNetwork(release, wheel)}` : pipTrouble(ended, path));
}

/** For a machine without a network. */
function withoutNetwork(release: OpenvinoRelease, wheel: Wheel): string {
  const fetch = ["pip download --no-deps --only-binary=:all:", ...forWheel(release, wheel), `${release.package}==${release.version}`].join(" ");
  return `Where there is a network: ${fetch}; then here: PIP_NO_INDEX=1 PIP_FIND_LINKS=FOLDER sightline runtime add openvino`;
}

const PIP_INSTALL = [
  "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "--no-cache-dir", "--no-color", "--progress-bar", "off",
  "--no-compile", "--no-deps", "--only-binary=:all:", "--require-hashes",
];

/** Which wheel, whatever Python runs pip. */
function forWheel({ python }: OpenvinoRelease, { tag }: Wheel): string[] {
  return ["--platform", tag, "--python-version", python.version, "--implementation", python.implementation, "--abi", python.abi];
}

/** The libraries, the licences, and the folder's name that says the version. */
async function keptOf({ path }: Part, { version }: OpenvinoRelease): Promise<string> {
  const [target, kept] = [join(path, "target"), join(path, "kept")];
  const info = (await readdir(target)).find((name) => name.endsWith(".dist-info")) ?? "";
  const libraries = join(target, "openvino", "libs");
  if (librariesIn(libraries, process.platform).length === 0) throw new PipelineError("E_RUNTIME_ADD", `the wheel of OpenVINO ${version} has no openvino/libs/${libraryWords(process.platform)}`);
  await mkdir(join(kept, info), { recursive: true });
  await rename(libraries, join(kept, "libs"));
  for (const one of await readdir(join(target, info))) {
    if (/^(licen[cs]es?|METADATA)/i.test(one)) await rename(join(target, info, one), join(kept, info, one));
  }
  return kept;
}

/** Every error says what was to be added. */
function told({ version }: OpenvinoRelease, folder: string, thrown: unknown, signal: AbortSignal): PipelineError {
  if (signal.aborted) return new PipelineError("E_STOPPED", `openvino: stopped; nothing of it is left in ${folder}`);
  const code = systemCodeOf(thrown);
  const why = thrown instanceof PipelineError ? thrown.message : /^E[A-Z]+$/.test(code) ? `${folder} can't be written (${code})` : messageOf(thrown);
  return new PipelineError("E_RUNTIME_ADD", `OpenVINO ${version} was not added: ${why}`, { cause: thrown });
}
