import { stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { PipelineError } from "../core/errors.js";
import { IMAGE_EXTENSIONS } from "./address.js";

/**
 * The pictures of a folder (not of its sub-folders), or those a glob names, sorted as a person counts (2 before 10); of a
 * file's path the file, whatever its name is. Absolute.
 * @throws PipelineError E_SOURCE_MISSING, E_SOURCE_EMPTY, E_SOURCE_NO_IMAGES
 */
export async function imagePaths(pattern: string): Promise<string[]> {
  const there = await stat(pattern).catch(() => undefined);
  if (there?.isDirectory()) return sorted(await found([`*{${IMAGE_EXTENSIONS.join(",")}}`], resolve(pattern)), pattern);
  if (there === undefined && /[*?[{]/.test(pattern)) return sorted(await found([pattern], process.cwd()), pattern);
  if (there === undefined) throw new PipelineError("E_SOURCE_MISSING", `${pattern} was not found`);
  if (there.size === 0) throw new PipelineError("E_SOURCE_EMPTY", `${pattern} has 0 bytes`);
  return [resolve(pattern)];
}

async function found(patterns: string[], cwd: string): Promise<string[]> {
  // Loaded where it is used: most sources are one file, and start sooner without it.
  const { glob } = await import("tinyglobby");
  const paths = await glob(patterns, { cwd, onlyFiles: true, caseSensitiveMatch: false, expandDirectories: false });
  return paths.map((path) => (isAbsolute(path) ? path : join(cwd, path)));
}

function sorted(paths: string[], pattern: string): string[] {
  if (paths.length === 0) throw new PipelineError("E_SOURCE_NO_IMAGES", `${pattern} holds none of ${IMAGE_EXTENSIONS.join(" ")}`);
  const byNumber = new Intl.Collator("en", { numeric: true });
  return paths.sort((a, b) => byNumber.compare(a, b));
}
