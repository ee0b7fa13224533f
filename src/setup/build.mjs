import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { bundle, SITE_FOLDER } from "./bundle.mjs";
import { runProgram, say } from "./program.mjs";
import { bundlePrograms, PROGRAMS_FOLDER } from "./programs.mjs";

const SOURCE_FOLDERS = ["src", "test", "samples/thread-safety"];
const BUILD_FOLDER = "dist";
/** TypeScript's memory between two builds: it believes that everything listed there still lies in `dist`. */
const TSC_MEMORY = join(BUILD_FOLDER, ".tsbuildinfo");
/** What the last build without an error was made from. */
const STAMP = join(BUILD_FOLDER, ".built-from");
/** Everything else that changes what comes out. */
const BUILD_SETTINGS = ["tsconfig.json", "package-lock.json", "package.json"];
/** Files under src that the browser gets as they are. */
const COPIED_AS_IS = /\.(html|css|svg|png|ico)$/;
/** What is bundled instead. */
const BUNDLED = "src/dashboard/";

/**
 * Compiles src, test and the samples into dist, as far as they changed, copies what is not compiled, and bundles the programs
 * and the dashboard. Says and does nothing when nothing changed.
 * Outputs whose source is gone are deleted, so that no test of yesterday runs today.
 * @param {string} root the project's folder
 * @returns {Promise<{ok: boolean, output: string}>}
 *   ok is false on a type error, dist then holds the new code all the same; output is the compiler's
 */
export async function build(root) {
  const sources = SOURCE_FOLDERS.flatMap((folder) => filesUnder(root, folder));
  removeOrphans(root, sources);
  const complete =
    existsSync(join(root, PROGRAMS_FOLDER)) &&
    sources.every((source) => outputOf(source) === undefined || existsSync(join(root, String(outputOf(source)))));
  const stamp = fingerprint(root, [...sources, ...BUILD_SETTINGS]);
  if (complete && readIfThere(join(root, STAMP)) === stamp) return bundle(root);

  say("building");
  rmSync(join(root, STAMP), { force: true });
  if (!complete) rmSync(join(root, TSC_MEMORY), { force: true });
  copyAssets(root, sources);
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status, output } = await runProgram(
    [process.execPath, compiler, "-p", ".", "--pretty", String(process.stderr.isTTY === true)],
    { cwd: root },
  );
  const programs = await bundlePrograms(root);
  if (status === 0 && programs.ok) writeFileSync(join(root, STAMP), stamp);
  const page = await bundle(root);
  return { ok: status === 0 && programs.ok && page.ok, output: output + programs.output + page.output };
}

/**
 * All files below a folder, in a fixed order, as paths from the root with "/" between folders.
 * @param {string} root
 * @param {string} folder
 * @returns {string[]}
 */
function filesUnder(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

/**
 * @param {string} source path from the root
 * @returns {string | undefined} where its compiled or copied form lies; undefined when it has none
 */
function outputOf(source) {
  if (source.endsWith(".d.ts")) return undefined;
  if (source.endsWith(".ts")) return `${BUILD_FOLDER}/${source.slice(0, -".ts".length)}.js`;
  if (source.startsWith("src/setup/") && source.endsWith(".mjs")) return `${BUILD_FOLDER}/${source}`;
  return isCopied(source) ? `${BUILD_FOLDER}/${source}` : undefined;
}

/** @param {string} source path from the root */
function isCopied(source) {
  return source.startsWith("src/") && !source.startsWith(BUNDLED) && COPIED_AS_IS.test(source);
}

/**
 * @param {string} root
 * @param {readonly string[]} sources
 */
function removeOrphans(root, sources) {
  const wanted = new Set(sources.map(outputOf));
  for (const output of SOURCE_FOLDERS.flatMap((folder) => filesUnder(root, `${BUILD_FOLDER}/${folder}`))) {
    const code = output.replace(/\.d\.ts$/, ".js").replace(/\.d\.mts$/, ".mjs");
    if (!wanted.has(code) && !output.startsWith(`${SITE_FOLDER}/`)) rmSync(join(root, output));
  }
}

/**
 * @param {string} root
 * @param {readonly string[]} sources
 */
function copyAssets(root, sources) {
  for (const source of sources.filter(isCopied)) {
    const target = join(root, BUILD_FOLDER, source);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, source), target);
  }
}

/**
 * Sizes and times tell a change as make would, without reading every file.
 * @param {string} root
 * @param {readonly string[]} files
 */
function fingerprint(root, files) {
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeMs } = statSync(join(root, file));
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest("hex");
}

/** @param {string} file */
function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

// `npm run build`
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { ok, output } = await build(fileURLToPath(new URL("../../", import.meta.url)));
  process.stderr.write(output);
  process.exitCode = ok ? 0 : 1;
}
