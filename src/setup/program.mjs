import { spawn } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** What is said to the user when set-up cannot go on; the entry prints it without a stack and exits with status 2. */
export class SetUpError extends Error {}

/**
 * Tells the user one step of set-up. On stderr, because stdout belongs to the program that is being started.
 * @param {string} text without a line end
 */
export function say(text) {
  process.stderr.write(`sightline: ${text}\n`);
}

/**
 * Finds a program the way a shell does.
 * @param {string} name without a folder and without ".exe"
 * @param {string | undefined} [path] the folders to look in, as in the environment's PATH
 * @returns {string | undefined} its full path
 */
export function findProgram(name, path = process.env["PATH"]) {
  return candidates(name, path).find(isProgram);
}

/**
 * Finds all programs of a name, also those that another one hides from a shell.
 * @param {string} name without a folder and without ".exe"
 * @param {string | undefined} [path] the folders to look in, as in the environment's PATH
 * @returns {string[]} their full paths, in PATH's order
 */
export function findPrograms(name, path = process.env["PATH"]) {
  return candidates(name, path).filter(isProgram);
}

/**
 * @param {string} name
 * @param {string | undefined} path
 */
function candidates(name, path) {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  const folders = (path ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, file));
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/**
 * Runs a program to its end and keeps what it prints.
 * @param {readonly string[]} argv program and arguments
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv}} [options] env replaces the inherited environment
 * @returns {Promise<{status: number, output: string}>}
 *   output is stdout and stderr together; status is 127 when it could not be started, 1 when a signal ended it
 */
export function runProgram([command = "", ...args], options = {}) {
  return new Promise((resolve) => {
    let output = "";
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (/** @type {string} */ text) => (output += text));
    }
    child.on("error", (error) => resolve({ status: 127, output: error.message }));
    child.on("close", (status) => resolve({ status: status ?? 1, output }));
  });
}
