import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { isKnownVersion, versionAround } from "./version.js";

/** A file of the library with the C API, and what is known of it before it is loaded. */
export interface LibraryFile {
  /** Absolute, behind all links. */
  readonly path: string;
  readonly version: string | null;
}

/** How the library is called on each system, and how that is told; a link without numbers is followed. */
const NAMES: Readonly<Partial<Record<NodeJS.Platform, { readonly pattern: RegExp; readonly words: string }>>> = {
  darwin: { pattern: /^libopenvino_c(\.[\d.]+)?\.dylib$/, words: "libopenvino_c*.dylib" },
  win32: { pattern: /^openvino_c\.dll$/i, words: "openvino_c.dll" },
};
const UNIX_NAME = { pattern: /^libopenvino_c\.so(\.[\d.]+)?$/, words: "libopenvino_c.so*" };

/** Where in a folder that somebody names the libraries may be: there, in what a wheel has unpacked, in an archive of Intel. */
const PLACES = ["", "libs", "openvino/libs", "runtime/lib/intel64", "runtime/lib/aarch64", "runtime/lib/arm64/Release", "runtime/bin/intel64/Release", "lib"];

/** The library's name as it is told, such as `libopenvino_c.so*`. Pure. */
export function libraryWords(platform: NodeJS.Platform): string {
  return (NAMES[platform] ?? UNIX_NAME).words;
}

/** Whether a file of this name can be the library. Pure. */
export function isLibraryName(name: string, platform: NodeJS.Platform): boolean {
  return (NAMES[platform] ?? UNIX_NAME).pattern.test(name);
}

/** All libraries in a folder and in the places within it where they usually lie. What can't be read holds none. */
export function librariesIn(folder: string, platform: NodeJS.Platform): LibraryFile[] {
  const paths = PLACES.flatMap((place) => {
    const within = join(folder, place);
    return namesIn(within).filter((name) => isLibraryName(name, platform)).map((name) => join(within, name));
  });
  const files = paths.map(libraryAt).filter((file) => file !== null);
  return files.filter(({ path }, i) => files.findIndex((one) => one.path === path) === i);
}

/** The library that a path or a link leads to; null where it leads nowhere. */
export function libraryAt(path: string): LibraryFile | null {
  try {
    const real = realpathSync(path);
    return { path: real, version: versionAround(real) };
  } catch {
    return null;
  }
}

/** The newest one that we know, then one that does not say what it is; undefined when there is neither. Pure. */
export function bestOf(files: readonly LibraryFile[]): LibraryFile | undefined {
  const known = files.filter(({ version }) => version !== null && isKnownVersion(version));
  const newestFirst = known.sort((a, b) => (b.version ?? "").localeCompare(a.version ?? "", "en", { numeric: true }));
  return newestFirst[0] ?? files.find(({ version }) => version === null);
}

/** Names of what is in a folder; none where it can't be read. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
