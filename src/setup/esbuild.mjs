import { join } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * Lets something be bundled, and ends esbuild's process behind it.
 * @param {string} root the project's folder
 * @param {(esbuild: typeof import("esbuild")) => Promise<void>} work
 * @returns {Promise<{ok: boolean, output: string}>} output is esbuild's words when it did not work
 */
export async function withEsbuild(root, work) {
  // Loaded only now: this file is read before anything is installed.
  /** @type {typeof import("esbuild")} */
  const esbuild = await import(pathToFileURL(join(root, "node_modules", "esbuild", "lib", "main.js")).href);
  try {
    await work(esbuild);
    return { ok: true, output: "" };
  } catch (error) {
    return { ok: false, output: `${error instanceof Error ? error.message : String(error)}\n` };
  } finally {
    await esbuild.stop();
  }
}
