import { join } from "node:path";
import { runProgram } from "./program.mjs";

/**
 * Lints the whole project. What did not change since the last time is taken from the cache.
 * @param {string} root the project's folder
 * @returns {Promise<{ok: boolean, output: string}>} output names each finding; empty when there is none
 */
export async function lint(root) {
  const eslint = join(root, "node_modules", "eslint", "bin", "eslint.js");
  const options = [
    "--config",
    ".config/eslint.config.js",
    "--max-warnings",
    "0",
    "--cache",
    "--cache-location",
    "node_modules/.cache/eslint/",
  ];
  const { status, output } = await runProgram([process.execPath, eslint, ...options, "."], { cwd: root });
  return { ok: status === 0, output };
}
