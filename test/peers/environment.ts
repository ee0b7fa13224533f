import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { project } from "../support/paths.js";

/** What is said to the user when the peers can't be set up; printed without a stack. */
export class PeersError extends Error {}

/** An environment of Python; the packages of `torch` are shared by the others, since they take most of the room. */
export type EnvironmentName = "torch" | "ultralytics" | "roboflow";

const ENVIRONMENTS: readonly EnvironmentName[] = ["torch", "ultralytics", "roboflow"];
/** What all of them take when they are there, and what pip unpacks meanwhile. */
const NEEDED_GB = 10;
const BYTES_PER_GB = 1e9;
/** The hashes in the lock files are of the files that pip chooses there. */
const LOCKED_FOR = "3.11 linux x86_64";
/** Progress is told each time so many packages more have been looked up. */
const TELL_EVERY_PACKAGES = 20;

/** Where the environments are made, and with what. */
export interface Place {
  readonly folder: string;
  /** The interpreter that makes them. */
  readonly python: string;
  readonly locks: string;
  readonly say: (line: string) => void;
}

/** SIGHTLINE_PEERS, or sightline/peers in the user's cache folder; SIGHTLINE_PEERS_PYTHON, or python3. */
export function usualPlace(environment: NodeJS.ProcessEnv, say: (line: string) => void): Place {
  const cache = environment["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return {
    folder: environment["SIGHTLINE_PEERS"] ?? join(cache, "sightline", "peers"),
    python: environment["SIGHTLINE_PEERS_PYTHON"] ?? "python3",
    locks: project("test", "peers", "locks"),
    say,
  };
}

/** The interpreter of an environment. */
export const pythonOf = ({ folder }: Place, name: EnvironmentName): string => join(folder, name, "bin", "python");

/** What the peers' programs run with: nothing phones home, and nothing installs itself. */
export function quietEnvironment({ folder }: Place): Record<string, string> {
  const { PATH = "", HOME = "" } = process.env;
  return {
    PATH, HOME, YOLO_AUTOINSTALL: "false", YOLO_OFFLINE: "true", YOLO_CONFIG_DIR: join(folder, "settings"), HF_HUB_OFFLINE: "1", TELEMETRY_OPT_OUT: "true",
    METRICS_ENABLED: "false", CUDA_VISIBLE_DEVICES: "", MODEL_CACHE_DIR: join(folder, "models"), PYTHONDONTWRITEBYTECODE: "1",
  };
}

/**
 * Makes what is missing of the environments; what was made from the same lock file stays.
 * @throws PeersError no Python, no room, no network, or what pip says
 */
export async function ensureEnvironments(place: Place): Promise<void> {
  const { folder, say } = place;
  const interpreter = await lookAtPython(place.python);
  makeFolder(folder);
  const missing = ENVIRONMENTS.filter((name) => stampOf(place, name) !== wantedStamp(place, name, interpreter));
  if (missing.length === 0) return;
  checkRoom(folder, missing);
  say(`setting up the peers in ${folder}, once: ${missing.join(", ")}; up to 8 GB, some minutes`);
  const hashes = interpreter === LOCKED_FOR;
  if (!hashes) say(`the hashes in the lock files are for Python ${LOCKED_FOR}, this is ${interpreter}: the same versions are installed without them`);
  for (const name of missing) await makeEnvironment(place, name, wantedStamp(place, name, interpreter), hashes);
  await settleUltralytics(place);
}

async function lookAtPython(python: string): Promise<string> {
  const program = "import ensurepip, platform, sys, venv; print(f'{sys.version_info[0]}.{sys.version_info[1]} {sys.platform} {platform.machine()}')";
  const { status, output } = await run([python, "-c", program]);
  if (status === 0) return output.trim();
  if (status === 127) throw new PeersError(`there is no ${python}: install Python 3.11 with venv (apt-get install python3 python3-venv), or name one in SIGHTLINE_PEERS_PYTHON`);
  throw new PeersError(`${python} has no venv: install it (apt-get install python3-venv), or name another Python in SIGHTLINE_PEERS_PYTHON\n  ${lastLine(output)}`);
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new PeersError(`${folder} can't be made: ${(error as Error).message}; name another folder in SIGHTLINE_PEERS`);
  }
}

/** Torch alone is five of the gigabytes. */
function checkRoom(folder: string, missing: readonly EnvironmentName[]): void {
  const { bavail, bsize } = statfsSync(folder);
  const needed = missing.includes("torch") ? NEEDED_GB : NEEDED_GB / 2;
  const free = (bavail * bsize) / BYTES_PER_GB;
  if (free < needed) throw new PeersError(`${folder} has ${free.toFixed(1)} GB left, and ${needed} GB are needed: make room, or name another folder in SIGHTLINE_PEERS`);
}

const stampFile = (place: Place, name: EnvironmentName): string => join(place.folder, name, "made-of.txt");
const lockOf = ({ locks }: Place, name: EnvironmentName): string => readFileSync(join(locks, `${name}.txt`), "utf8");
const wantedStamp = (place: Place, name: EnvironmentName, interpreter: string): string => `${interpreter}\n${lockOf(place, name)}`;

function stampOf(place: Place, name: EnvironmentName): string {
  return existsSync(stampFile(place, name)) ? readFileSync(stampFile(place, name), "utf8") : "";
}

async function makeEnvironment(place: Place, name: EnvironmentName, stamp: string, hashes: boolean): Promise<void> {
  const { folder, python, say } = place;
  const home = join(folder, name);
  rmSync(home, { recursive: true, force: true });
  await must(place, [python, "-m", "venv", home]);
  if (name !== "torch") writeFileSync(join(packagesOf(home), "shared.pth"), `${packagesOf(join(folder, "torch"))}\n`);
  const lock = lockOf(place, name);
  const file = join(home, "requirements.txt");
  writeFileSync(file, hashes ? lock : lock.replaceAll(/ --hash=\S+/g, ""));
  const total = lock.trim().split("\n").length;
  let seen = 0;
  const onLine = (line: string): void => {
    if (/^Collecting /.test(line) && (seen += 1) % TELL_EVERY_PACKAGES === 0) say(`${name}: ${seen} of ${total} packages`);
    if (/^Installing collected packages/.test(line)) say(`${name}: unpacking`);
  };
  say(`${name}: ${total} packages`);
  // The lock file names all of them, so pip has nothing to choose; and what was fetched is not kept a second time.
  await must(place, [pythonOf(place, name), "-m", "pip", "install", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "-r", file], onLine);
  writeFileSync(stampFile(place, name), stamp);
}

/** Where the packages of an environment lie. */
export function packagesOf(home: string): string {
  const version = readdirSync(join(home, "lib")).find((entry) => entry.startsWith("python"));
  return join(home, "lib", version ?? "", "site-packages");
}

/** Its settings say that it may send statistics. */
async function settleUltralytics(place: Place): Promise<void> {
  mkdirSync(join(place.folder, "settings"), { recursive: true });
  await must(place, [pythonOf(place, "ultralytics"), "-c", "from ultralytics import settings; settings.update(sync=False)"]);
}

/** @throws PeersError with what to do, as far as the output tells */
async function must(place: Place, argv: readonly string[], onLine?: (line: string) => void): Promise<void> {
  // Unbuffered, so that pip tells its progress while it makes it.
  const { status, output } = await run(argv, { ...process.env, ...quietEnvironment(place), PYTHONUNBUFFERED: "1" }, onLine);
  if (status === 0) return;
  throw new PeersError(`the peers could not be set up: ${nextStep(output)}\n  ${lastError(output)}\n  ${argv.join(" ")} ended with ${status}`);
}

function nextStep(output: string): string {
  if (/No space left|Errno 28/.test(output)) return `the disk is full; ${NEEDED_GB} GB are needed, also in the folder for temporary files (TMPDIR)`;
  if (/DO NOT MATCH THE HASHES/.test(output)) return "a package is not the one that was pinned; the index or a mirror serves another file";
  if (/No matching distribution|Failed to establish|Temporary failure|ConnectionError|timed out|Max retries/.test(output)) return "pip does not reach the packages; it needs PyPI, or a mirror in pip's settings";
  return "see what is said below";
}

const lastLine = (output: string): string => output.trim().split("\n").at(-1) ?? "";
const lastError = (output: string): string => output.split("\n").findLast((line) => line.startsWith("ERROR")) ?? lastLine(output);

function run(argv: readonly string[], env: NodeJS.ProcessEnv = process.env, onLine?: (line: string) => void): Promise<{ status: number; output: string }> {
  const [command = "", ...args] = argv;
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (output = (output + text).slice(-100_000)));
    if (onLine) createInterface({ input: child.stdout }).on("line", onLine);
    child.once("error", (error) => resolve({ status: 127, output: error.message }));
    child.once("close", (status) => resolve({ status: status ?? 1, output }));
  });
}
