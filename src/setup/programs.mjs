import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { withEsbuild } from "./esbuild.mjs";

/** Where programs lie after a build; nothing else does. */
export const PROGRAMS_FOLDER = "dist/programs";
/** Where they are listed, as `core/programs.ts` says it. */
const LIST = "src/core/programs.ts";
/** Code alone, which looks for no file beside its own: it goes into the bundle. All other packages stay where they are. */
const BUNDLED_PACKAGES = ["commander", "fastest-levenshtein", "picocolors", "rxjs", "yaml", "zod"];

/**
 * Puts each program into a few files: reading some hundred small modules took a third of the time to the first detection, in
 * each thread again. Tests and who embeds the library import the modules themselves, and begin these programs.
 * @param {string} root the project's folder
 * @returns {Promise<{ok: boolean, output: string}>} output is esbuild's words when it did not work; what was there stays
 */
export async function bundlePrograms(root) {
  return withEsbuild(root, async (esbuild) => {
    const { outputFiles } = await esbuild.build({
      absWorkingDir: root,
      entryPoints: programsIn(root).map((name) => `src/${name}.ts`),
      outbase: "src",
      outdir: PROGRAMS_FOLDER,
      chunkNames: "parts/[name]-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      external: packagesIn(root).filter((name) => !BUNDLED_PACKAGES.includes(name)),
      legalComments: "none",
      logLevel: "silent",
      write: false,
      banner: { js: PREAMBLE },
      plugins: [ownAddresses(root)],
    });
    rmSync(join(root, PROGRAMS_FOLDER), { recursive: true, force: true });
    for (const { path, contents } of outputFiles) write(path, contents);
    write(join(root, PROGRAMS_FOLDER, "LICENSES.txt"), licences(root));
  });
}

/**
 * @param {string} root
 * @returns {string[]} `cli`, `pool/worker`, ...
 */
function programsIn(root) {
  const list = existsSync(join(root, LIST)) ? readFileSync(join(root, LIST), "utf8") : "";
  const [, names = ""] = /PROGRAMS = \[([^\]]*)\]/.exec(list) ?? [];
  return Array.from(names.matchAll(/"([^"]+)"/g), ([, name = ""]) => name);
}

/** @param {string} root */
function packagesIn(root) {
  /** @type {{ dependencies: Record<string, string> }} */
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.keys(dependencies);
}

/**
 * The licences of all that is copied into the bundles.
 * @param {string} root
 */
function licences(root) {
  const texts = BUNDLED_PACKAGES.map((name) => {
    const folder = join(root, "node_modules", name);
    const file = readdirSync(folder).find((one) => /^licen[cs]e/i.test(one));
    return `${name}\n\n${file === undefined ? "" : readFileSync(join(folder, file), "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

/**
 * @param {string} path
 * @param {string | Uint8Array} contents
 */
function write(path, contents) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, contents);
}

/** What packages of the older kind call, and the folder that `ownAddresses` counts from. */
const PREAMBLE = [
  `import { createRequire as sightlineRequire } from "node:module";`,
  `const require = sightlineRequire(import.meta.url);`,
  `const sightlineModules = import.meta.url.replace(/^(.*\\/dist\\/)programs\\/.*$/s, "$1src/");`,
].join("\n");

/**
 * A module finds files and programs by its own address, and has to find them from the bundle too: there `import.meta.url`
 * says what it says in the module itself.
 * @param {string} root
 * @returns {import("esbuild").Plugin}
 */
function ownAddresses(root) {
  return {
    name: "own addresses",
    setup(build) {
      build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        if (!text.includes("import.meta.url")) return undefined;
        const own = relative(join(root, "src"), path).split(sep).join("/").replace(/\.ts$/, ".js");
        return { contents: text.replaceAll("import.meta.url", `new URL(${JSON.stringify(own)}, sightlineModules).href`), loader: "ts" };
      });
    },
  };
}
