import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** Where the parts lie that several programs share; nothing else does. */
export const PARTS_FOLDER = "dist/src/programs";
/** Everything that is begun as a thread or a process of its own: the same places as in `dist/src` without being bundled. */
const PROGRAMS = [
  "src/cli.ts",
  "src/pool/worker.ts",
  "src/pool/process-entry.ts",
  "src/pool/process-leash.ts",
  "src/bench/measure.ts",
  "src/bench/limit-worker.ts",
  "src/bench/fanout-clients.ts",
];
/** Code alone, which looks for no file beside its own: it goes into the bundle. All other packages stay where they are. */
const BUNDLED_PACKAGES = ["commander", "fastest-levenshtein", "picocolors", "rxjs", "yaml", "zod"];

/**
 * Puts each program into a few files, in place of what the compiler made of its entry: reading some hundred small modules
 * took a third of the time to the first detection, in each thread again. Tests and who embeds the library import the modules
 * themselves, and begin these programs.
 * @param {string} root the project's folder
 * @returns {Promise<{ok: boolean, output: string}>} output is esbuild's words when it did not work
 */
export async function bundlePrograms(root) {
  /** @type {{ dependencies: Record<string, string> }} */
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  rmSync(join(root, PARTS_FOLDER), { recursive: true, force: true });
  mkdirSync(join(root, PARTS_FOLDER), { recursive: true });
  // Loaded only now: this file is read before anything is installed.
  /** @type {typeof import("esbuild")} */
  const esbuild = await import(pathToFileURL(join(root, "node_modules", "esbuild", "lib", "main.js")).href);
  try {
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: PROGRAMS.filter((program) => existsSync(join(root, program))),
      outbase: "src",
      outdir: "dist/src",
      chunkNames: "programs/[name]-[hash]",
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20.19",
      external: Object.keys(dependencies).filter((name) => !BUNDLED_PACKAGES.includes(name)),
      legalComments: "none",
      logLevel: "silent",
      banner: { js: PREAMBLE },
      plugins: [ownAddresses(root)],
    });
    return { ok: true, output: "" };
  } catch (error) {
    return { ok: false, output: `${error instanceof Error ? error.message : String(error)}\n` };
  } finally {
    await esbuild.stop();
  }
}

/** What packages of the older kind call, and the folder that `ownAddresses` counts from. */
const PREAMBLE = [
  `import { createRequire as sightlineRequire } from "node:module";`,
  `const require = sightlineRequire(import.meta.url);`,
  `const sightlineFolder = import.meta.url.replace(/^(.*\\/dist\\/src\\/).*$/s, "$1");`,
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
        return { contents: text.replaceAll("import.meta.url", `new URL(${JSON.stringify(own)}, sightlineFolder).href`), loader: "ts" };
      });
    },
  };
}
