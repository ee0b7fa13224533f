import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SetUpError, findProgram, runProgram, say } from "./program.mjs";

/**
 * One package as a lockfile describes it. npm leaves the same form, of what it really installed, in
 * node_modules/.package-lock.json.
 * @typedef {{version?: string, integrity?: string, optional?: boolean, devOptional?: boolean}} LockedPackage
 */

/**
 * Installs the dependencies when node_modules is missing or is not what package-lock.json asks for. Otherwise silent
 * and quick.
 * @param {string} root the project's folder
 * @throws {SetUpError} when npm fails, with what npm printed
 */
export async function ensureDependencies(root) {
  const cause = staleCause(root);
  if (cause === undefined) return;
  say(`installing dependencies (npm ci), because ${cause}`);
  // --include=dev: the build needs TypeScript, and NODE_ENV=production must not take it away.
  const { status, output } = await runProgram([...npmCommand(), "ci", "--include=dev", "--no-audit", "--no-fund"], {
    cwd: root,
  });
  if (status !== 0) throw new SetUpError(`npm ci failed with exit status ${status}:\n${output.trim()}`);
}

/**
 * Compares what is installed with what the lockfile asks for.
 * @param {string} root the project's folder
 * @returns {string | undefined} the first difference, in words; undefined when nothing has to be done
 */
export function staleCause(root) {
  const wanted = readPackages(join(root, "package-lock.json"));
  if (wanted === undefined) throw new SetUpError("package-lock.json is missing or damaged: get it back with git");
  // npm writes this file last: it is not there after an install that was broken off.
  const installed = readPackages(join(root, "node_modules", ".package-lock.json"));
  if (installed === undefined) return "node_modules is missing or incomplete";
  for (const [path, want] of Object.entries(wanted)) {
    if (path === "") continue;
    const have = installed[path];
    if (have === undefined) {
      // Optional packages are mostly the native parts for other systems.
      if (want.optional || want.devOptional) continue;
      return `${path} is missing`;
    }
    if (have.version !== want.version) return `${path} is ${have.version} instead of ${want.version}`;
    if (have.integrity !== want.integrity) return `${path} is not the locked one`;
  }
  return undefined;
}

/**
 * @param {string} file
 * @returns {Record<string, LockedPackage> | undefined}
 */
function readPackages(file) {
  try {
    /** @type {{packages?: Record<string, LockedPackage>}} */
    const lock = JSON.parse(readFileSync(file, "utf8"));
    return lock.packages;
  } catch {
    return undefined;
  }
}

/**
 * The npm that started us, else the one on PATH. The former is a script, so that no shell is needed for npm.cmd on
 * Windows.
 * @returns {string[]}
 */
function npmCommand() {
  const script = process.env["npm_execpath"];
  if (script !== undefined && /npm-cli\.[cm]?js$/.test(script)) return [process.execPath, script];
  const npm = findProgram("npm");
  if (npm === undefined) throw new SetUpError("npm is not on PATH: start this as `npm run demo` or `npm test`");
  return [npm];
}
