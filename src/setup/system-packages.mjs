import { existsSync } from "node:fs";
import { PACKAGE_MANAGERS } from "./package-managers.mjs";
import { SetUpError, findProgram, findPrograms, runProgram, say } from "./program.mjs";

/** @typedef {import("./package-managers.mjs").PackageManager} PackageManager */
/** @typedef {import("./package-managers.mjs").SystemPackage} SystemPackage */

/** The oldest FFmpeg with everything the source uses: `-fps_mode` came with 5.1. */
export const OLDEST_FFMPEG = "5.1";

const BY_HAND = `Put FFmpeg ${OLDEST_FFMPEG} or newer first on PATH: https://ffmpeg.org/download.html`;

/** Browsers that can be driven by Chromium's protocol, best first. */
const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * Makes sure that `ffmpeg` and `ffprobe` >= 5.1 are on PATH, installing them when they are not. Otherwise silent.
 * @returns {Promise<void>}
 * @throws {SetUpError} with the exact line to run, when it takes rights that we do not have, or when installing did
 *   not help
 */
export async function ensureFfmpeg() {
  const lack = await ffmpegLack();
  if (lack === undefined) return;
  const manager = PACKAGE_MANAGERS.find(({ program }) => findProgram(program) !== undefined);
  const command = manager?.install.ffmpeg;
  if (manager === undefined || command === undefined) {
    throw new SetUpError(`${lack}. ${BY_HAND}`);
  }
  const rights = await rightsFor(manager);
  if (rights === undefined)
    throw new SetUpError(`${lack}. Run this line, then try again:\n  ${handLine(manager, command)}`);
  say(`${lack}, installing it (${command.join(" ")})`);
  const { status, output } = await install(manager, command, rights);
  if (status !== 0) throw new SetUpError(`${command.join(" ")} failed with exit status ${status}:\n${output.trim()}`);
  addWingetLinks();
  const stillLacking = await ffmpegLack();
  if (stillLacking !== undefined) {
    throw new SetUpError(`${stillLacking}, even after ${command.join(" ")}. ${BY_HAND}`);
  }
}

/**
 * Finds a browser for the browser tests; installs Chromium when that takes no question and `mayInstall` is set.
 * @param {boolean} mayInstall
 * @returns {Promise<string | undefined>} its full path; undefined when there is none, which costs the browser tests,
 *   no more
 */
export async function ensureChromium(mayInstall) {
  const found = findChromium();
  if (found !== undefined || !mayInstall) return found;
  await installForTests("chromium", "Chromium", "browser tests");
  return findChromium();
}

/**
 * Finds a Python that can run GStreamer's RTSP server for the tests with a real camera; installs what it needs when
 * that takes no question and `mayInstall` is set.
 * @param {string} server the tests' server program, which knows with `--check` whether everything is there
 * @param {boolean} mayInstall
 * @returns {Promise<string | undefined>} the Python's full path; undefined when there is none, which costs the tests
 *   with a camera, no more
 */
export async function ensureRtspServer(server, mayInstall) {
  const found = await findGstreamerPython(server);
  if (found !== undefined || !mayInstall) return found;
  await installForTests("gstreamer", "GStreamer's RTSP server", "tests with a camera");
  return findGstreamerPython(server);
}

/** Debian puts servers where an ordinary user's PATH may not lead. */
const NATS_PLACES = ["/usr/sbin/nats-server", "/usr/local/sbin/nats-server"];

/**
 * Finds the NATS server for the tests of mode queue; installs it, without its service, when that takes no question and
 * `mayInstall` is set.
 * @param {boolean} mayInstall
 * @returns {Promise<string | undefined>} its full path; undefined when there is none, which costs the tests of the queue,
 *   no more
 */
export async function ensureNatsServer(mayInstall) {
  const found = findNats();
  if (found !== undefined || !mayInstall) return found;
  await installForTests("nats", "The NATS server", "tests of the queue");
  return findNats();
}

function findNats() {
  return findProgram("nats-server") ?? NATS_PLACES.find((path) => existsSync(path));
}

/**
 * Installs strace for the test that loses the log's unsynced writes, when that takes no question and `mayInstall` is set.
 * @param {boolean} mayInstall
 */
export async function ensureStrace(mayInstall) {
  if (findProgram("strace") === undefined && mayInstall) await installForTests("strace", "strace", "test of a power cut");
}

/**
 * Installs pip, which brings OpenVINO for the tests with it, where no Python on PATH has one and that takes no question.
 * @returns {Promise<void>}
 */
export async function ensurePip() {
  for (const python of [...findPrograms("python3"), ...findPrograms("python")]) {
    if ((await runProgram([python, "-m", "pip", "--version"])).status === 0) return;
  }
  await installForTests("pip", "pip", "tests with OpenVINO");
}

/**
 * Installs what only tests need. Says so, and also when it cannot: then those tests are skipped.
 * @param {SystemPackage} wanted
 * @param {string} name as people call it
 * @param {string} tests those that need it
 */
async function installForTests(wanted, name, tests) {
  const manager = PACKAGE_MANAGERS.find(({ program }) => findProgram(program) !== undefined);
  const command = manager?.install[wanted];
  const rights = manager && (await rightsFor(manager));
  if (manager === undefined || command === undefined || rights === undefined) {
    say(`${name} is missing and may not be installed: the ${tests} will be skipped`);
    return;
  }
  say(`${name} is missing, installing it for the ${tests} (${shown(command)})`);
  const { status, output } = await install(manager, command, rights);
  if (status !== 0)
    say(`${shown(command)} failed with exit status ${status}, the ${tests} will be skipped: ${lastLine(output)}`);
}

/**
 * A command in one line; of a script only its last words.
 * @param {readonly string[]} command
 */
function shown(command) {
  return command[0] === "sh" ? `apt-get install ${command.slice(3).join(" ")}, without its service` : command.join(" ");
}

/**
 * Debian's packages serve Debian's Python, while another one may come first on PATH: all of them are asked.
 * @param {string} server
 */
async function findGstreamerPython(server) {
  for (const python of findPrograms("python3")) {
    if ((await runProgram([python, server, "--check"])).status === 0) return python;
  }
  return undefined;
}

function findChromium() {
  return CHROMIUM_NAMES.map((name) => findProgram(name)).find((path) => path !== undefined);
}

/**
 * What is wrong with the FFmpeg on PATH.
 * @returns {Promise<string | undefined>} in words; undefined when it will do
 */
async function ffmpegLack() {
  const missing = ["ffmpeg", "ffprobe"].find((name) => findProgram(name) === undefined);
  if (missing !== undefined) return `FFmpeg's program ${missing} is missing`;
  const { status, output } = await runProgram(["ffmpeg", "-version"]);
  if (status !== 0) return `ffmpeg -version failed with exit status ${status} (${lastLine(output)})`;
  const version = ffmpegVersion(output);
  if (version === undefined || isAtLeast(version, OLDEST_FFMPEG)) return undefined;
  return `FFmpeg ${version} is too old (${OLDEST_FFMPEG} or newer is needed)`;
}

/**
 * Reads the version from the first line of `ffmpeg -version`, which may be "5.1.9-0+deb12u1", "n7.1" or
 * "2024-05-20-git-127ded5078".
 * @param {string} output
 * @returns {string | undefined} major.minor; undefined for a build from git, which carries no number and counts as new
 */
export function ffmpegVersion(output) {
  return /^ffmpeg version n?(\d+\.\d+)(?![\d-]*git)/m.exec(output)?.[1];
}

/**
 * @param {string} version major.minor
 * @param {string} oldest major.minor
 */
function isAtLeast(version, oldest) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * How to run a package manager without any question being asked.
 * @param {PackageManager} manager
 * @returns {Promise<string[] | undefined>} what goes before the command; undefined when only a person can give the
 *   right
 */
async function rightsFor({ needsRoot }) {
  if (!needsRoot || process.getuid?.() === 0) return [];
  if (findProgram("sudo") === undefined) return undefined;
  return (await runProgram(["sudo", "-n", "true"])).status === 0 ? ["sudo", "-n"] : undefined;
}

/**
 * @param {PackageManager} manager
 * @param {readonly string[]} command
 * @param {readonly string[]} rights
 */
async function install({ before, needsRoot }, command, rights) {
  // sudo drops the environment, so that the setting which keeps Debian's installer from asking has to stand behind it.
  const prefix = needsRoot ? [...rights, "env", "DEBIAN_FRONTEND=noninteractive"] : rights;
  for (const preparation of before) await runProgram([...prefix, ...preparation]);
  return runProgram([...prefix, ...command]);
}

/**
 * The same installation as a line to be typed by a person.
 * @param {PackageManager} manager
 * @param {readonly string[]} command
 */
function handLine({ before, needsRoot }, command) {
  return [...before, command].map((argv) => (needsRoot ? ["sudo", ...argv] : argv).join(" ")).join(" && ");
}

/** winget extends the PATH of terminals that are opened later; its folder of links serves this one too. */
function addWingetLinks() {
  const localAppData = process.env["LOCALAPPDATA"];
  if (process.platform === "win32" && localAppData !== undefined) {
    process.env["PATH"] = `${process.env["PATH"] ?? ""};${localAppData}\\Microsoft\\WinGet\\Links`;
  }
}

/** @param {string} output */
function lastLine(output) {
  return output.trim().split("\n").at(-1) ?? "";
}
