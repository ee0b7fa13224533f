import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/**
 * The versions whose C API we know: from the first to before the second, as [year, minor]. With 2025.1 the codes of the
 * element types moved by one (f32 was 5 and is 4), so an older library would take our numbers for other types, unasked. The
 * year's first release is where names and numbers change: the next one is to be looked at first.
 */
const KNOWN = { from: [2025, 1], before: [2027, 0] } as const;

/** The same in words. */
export const KNOWN_VERSIONS = "2025.1 to 2026";

/** Whether a version such as "2026.4.1" is one that we know. Pure. */
export function isKnownVersion(version: string): boolean {
  const [year = 0, minor = 0] = version.split(".").map(Number);
  const at = year * 100 + minor;
  return at >= KNOWN.from[0] * 100 + KNOWN.from[1] && at < KNOWN.before[0] * 100 + KNOWN.before[1];
}

/** The version in a library's file name: `libopenvino_c.so.2641`, `libopenvino_c.so.2026.4.1`, `libopenvino_c.2641.dylib`; null where it says none. Pure. */
export function versionInName(name: string): string | null {
  const numbers = /^libopenvino_c(?:\.so)?\.([\d.]+)(?:\.dylib)?$/.exec(name)?.[1];
  const [, year, minor, patch] = /^(\d\d)(\d)(\d)$/.exec(numbers ?? "") ?? [];
  if (year !== undefined) return `20${year}.${minor}.${patch}`;
  return /^20\d\d\.\d+\.\d+$/.test(numbers ?? "") ? (numbers ?? null) : null;
}

/** What the file's name or what lies around it says of a library's version: a wheel's dist-info, an archive's version.txt; null where nothing does. */
export function versionAround(libraryPath: string): string | null {
  const inName = versionInName(basename(libraryPath));
  if (inName !== null) return inName;
  let folder = dirname(libraryPath);
  // A wheel's are two folders up, an archive's four: runtime/bin/intel64/Release.
  for (let up = 0; up < 4; up += 1, folder = dirname(folder)) {
    const said = versionIn(folder);
    if (said !== null) return said;
  }
  return null;
}

function versionIn(folder: string): string | null {
  const wheel = listed(folder).map((name) => /^openvino-(20\d\d\.\d+\.\d+)\.dist-info$/.exec(name)?.[1]).find((version) => version !== undefined);
  if (wheel !== undefined) return wheel;
  const text = read(join(folder, "version.txt"));
  return /^(20\d\d\.\d+\.\d+)(?!\d)/.exec(text)?.[1] ?? null;
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
