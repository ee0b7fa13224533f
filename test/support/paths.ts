import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** The project's root folder, seen from the compiled tests in `dist/test/support`. */
export const projectRoot = fileURLToPath(new URL("../../../", import.meta.url));

/** The folder of outside references beside the project. May be missing: see `requireShared`. */
export const sharedDir = join(projectRoot, "..", "shared");

/** Whether the outside references lie beside the project. */
export const hasShared = existsSync(join(sharedDir, "README.md"));

/** A path inside the outside references. */
export function shared(...parts: string[]): string {
  return join(sharedDir, ...parts);
}

/** A path inside the project. */
export function project(...parts: string[]): string {
  return join(projectRoot, ...parts);
}

/** Skips the running test, in words, when the outside references are missing. Returns whether the test may go on. */
export function requireShared(t: TestContext): boolean {
  if (!hasShared) t.skip("SKIPPED: ../shared is missing, nothing to compare with");
  return hasShared;
}
