import { readFileSync } from "node:fs";
import { delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import type { UserWorld } from "../core/user-cache.js";
import { namesIn } from "./library.js";

/** GNU's names of the processors in the folders of Debian and Ubuntu. */
const TRIPLETS: Readonly<Record<string, string>> = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };
/** The loader's own list on Linux. */
const LOADER_FILE = "/etc/ld.so.conf";
/** Files that include others, one in another: more is a circle. */
const MOST_DEPTH = 4;

/**
 * The folders in which the system keeps libraries, first those that its loader is told of by the environment, and those of
 * Intel's archives. They need not be there.
 */
export function systemFolders({ environment, platform }: UserWorld, arch: string): string[] {
  const listed = (name: string): string[] => (environment[name] ?? "").split(delimiter).filter(isAbsolute);
  if (platform === "win32") return unique([...listed("PATH"), ...archivesIn(join(environment["ProgramFiles(x86)"] ?? "C:\\Program Files (x86)", "Intel"))]);
  if (platform === "darwin") return unique([...listed("DYLD_LIBRARY_PATH"), "/opt/homebrew/lib", "/usr/local/lib", ...archivesIn("/opt/intel")]);
  const triplet = TRIPLETS[arch];
  const usual = [...(triplet === undefined ? [] : [`/usr/lib/${triplet}`]), "/usr/lib", "/usr/lib64"];
  return unique([...listed("LD_LIBRARY_PATH"), ...loaderFolders(LOADER_FILE), ...usual, ...archivesIn("/opt/intel")]);
}

function archivesIn(folder: string): string[] {
  return namesIn(folder).filter((name) => name.startsWith("openvino")).sort().reverse().map((name) => join(folder, name));
}

/** What a file of the loader lists, with those that it includes: `include /etc/ld.so.conf.d/*.conf`. */
export function loaderFolders(file: string, depth = 0): string[] {
  if (depth > MOST_DEPTH) return [];
  return linesOf(file).flatMap((line) => {
    const pattern = /^include\s+(\S.*)$/.exec(line)?.[1];
    if (pattern === undefined) return isAbsolute(line) ? [line] : [];
    return matches(resolve(dirname(file), pattern)).flatMap((one) => loaderFolders(one, depth + 1));
  });
}

/** Files of a pattern with `*` in its last part, which is all that distributions write there. */
function matches(pattern: string): string[] {
  const [before, after] = [pattern.slice(dirname(pattern).length + 1).split("*")[0] ?? "", pattern.split("*").at(-1) ?? ""];
  if (!pattern.includes("*")) return [pattern];
  return namesIn(dirname(pattern)).filter((name) => name.startsWith(before) && name.endsWith(after)).sort().map((name) => join(dirname(pattern), name));
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, "utf8").split("\n").map((line) => line.replace(/#.*$/, "").trim());
  } catch {
    return [];
  }
}

function unique(folders: readonly string[]): string[] {
  return [...new Set(folders)];
}
