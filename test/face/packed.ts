import { execFile } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

const exec = promisify(execFile);
const MOST_MS = 600_000;

/** Packs the project as `npm publish` would; returns the tarball's path. */
export async function packed(): Promise<string> {
  const folder = temporaryFolder();
  const { stdout } = await exec("npm", ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder, project()], { cwd: folder, timeout: MOST_MS });
  return join(folder, stdout.trim().split("\n").at(-1) ?? "");
}

/** An ESM project with nothing in it. */
export function emptyProject(): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
  return folder;
}

/**
 * Puts the package into a project without a registry: the tarball's own files, and beside them what it says it depends on,
 * as it lies here. What it needs and does not say is not found.
 */
export async function unpackInto(folder: string, tarball: string): Promise<void> {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "sightline"), { recursive: true });
  await exec("tar", ["-xzf", tarball, "--strip-components=1", "-C", join(modules, "sightline")]);
  const { dependencies } = JSON.parse(readFileSync(join(modules, "sightline", "package.json"), "utf8")) as { dependencies: Record<string, string> };
  for (const name of Object.keys(dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(project("node_modules", name), join(modules, name));
  }
}

/** Installs the package as a user does: from the registry, without scripts. Takes a minute. */
export async function installInto(folder: string, tarball: string): Promise<void> {
  await exec("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts", tarball], { cwd: folder, timeout: MOST_MS });
}

/** Runs a program there; returns what it printed. Rejects when it fails. */
export async function run(folder: string, program: string, ...args: string[]): Promise<string> {
  const { stdout } = await exec(process.execPath, [program, ...args], { cwd: folder, timeout: MOST_MS });
  return stdout;
}

/** The ESM program of the README, as it stands there. */
export function readmeExample(): string {
  const code = /```js\n(import \{ pipeline \} from "sightline";\n.*?)```/s.exec(readFileSync(project("README.md"), "utf8"))?.[1];
  if (code === undefined) throw new Error("README.md has no example of the library");
  return code;
}

/** A second of the street clip as the example's `clip.mp4`. */
export async function putClip(folder: string): Promise<void> {
  await exec("ffmpeg", ["-v", "error", "-i", project("samples", "street.mp4"), "-t", "1", "-c", "copy", join(folder, "clip.mp4")]);
}
