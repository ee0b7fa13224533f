import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { withEsbuild } from "./esbuild.mjs";

const ROOM = "src/dashboard";
const ENTRY = `${ROOM}/main.ts`;
/** Where the browser's files lie after a build; nothing else does. */
export const SITE_FOLDER = `dist/${ROOM}/site`;
/** What the last bundle was made from; the server does not give it out. */
const STAMP = "made-from.txt";
/** Smallest browsers: the oldest that know `light-dark()` and `inert`, of 2024. */
const TARGETS = ["chrome123", "firefox121", "safari17.5"];
const HASH_LENGTH = 10;

/**
 * Bundles the dashboard: script and style minified, named after their content, each beside its compressed forms. Does
 * nothing when none of its inputs has changed.
 * @param {string} root the project's folder
 * @returns {Promise<{ok: boolean, output: string}>} output is esbuild's words when it did not work
 */
export async function bundle(root) {
  if (!existsSync(join(root, ENTRY))) return { ok: true, output: "" };
  const site = join(root, SITE_FOLDER);
  const stamp = join(site, STAMP);
  if (existsSync(stamp) && isUpToDate(root, readFileSync(stamp, "utf8"))) return { ok: true, output: "" };
  rmSync(site, { recursive: true, force: true });
  return withEsbuild(root, async (esbuild) => {
    const { outputFiles, metafile } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: { app: ENTRY, style: `${ROOM}/dashboard.css` },
      bundle: true,
      minify: true,
      format: "esm",
      target: TARGETS,
      legalComments: "none",
      outdir: SITE_FOLDER,
      metafile: true,
      write: false,
      logLevel: "silent",
    });
    writeSite(root, site, outputFiles);
    const inputs = [...Object.keys(metafile.inputs), `${ROOM}/index.html`, `${ROOM}/icon.svg`];
    writeFileSync(stamp, stampOf(root, inputs.sort()));
  });
}

/**
 * @param {string} root
 * @param {string} site
 * @param {readonly { path: string, contents: Uint8Array }[]} outputs
 */
function writeSite(root, site, outputs) {
  mkdirSync(site, { recursive: true });
  let index = readFileSync(join(root, ROOM, "index.html"), "utf8");
  const icon = { path: "icon.svg", contents: readFileSync(join(root, ROOM, "icon.svg")) };
  for (const { path, contents } of [...outputs, icon]) {
    const [, name = "", extension = ""] = /([^/\\]+)\.(\w+)$/.exec(path) ?? [];
    const hashed = `${name}-${createHash("sha256").update(contents).digest("hex").slice(0, HASH_LENGTH)}.${extension}`;
    index = index.replaceAll(`/assets/${name}.${extension}`, `/assets/${hashed}`);
    writeAll(join(site, hashed), contents);
  }
  writeAll(join(site, "index.html"), Buffer.from(index.replace(/>\s+</g, "><")));
}

/**
 * @param {string} path
 * @param {Uint8Array} contents
 */
function writeAll(path, contents) {
  writeFileSync(path, contents);
  writeFileSync(`${path}.gz`, gzipSync(contents, { level: 9 }));
  writeFileSync(`${path}.br`, brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: contents.length } }));
}

/**
 * One line for each input: the hash of its content, its path.
 * @param {string} root
 * @param {readonly string[]} inputs
 */
function stampOf(root, inputs) {
  const hashOf = (/** @type {string} */ file) => createHash("sha256").update(readFileSync(join(root, file))).digest("hex");
  return inputs.map((input) => `${hashOf(input)} ${input}`).join("\n");
}

/**
 * @param {string} root
 * @param {string} stamp
 */
function isUpToDate(root, stamp) {
  const inputs = stamp.split("\n").map((line) => line.slice(line.indexOf(" ") + 1));
  if (!inputs.every((input) => existsSync(join(root, input)))) return false;
  // A file that was deleted by hand is made again: there are three forms of each of the four.
  const files = readdirSync(join(root, SITE_FOLDER)).length;
  return files === 13 && stampOf(root, inputs) === stamp;
}
