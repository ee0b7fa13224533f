import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "../../src/setup/build.mjs";
import { project } from "../support/paths.js";

const root = mkdtempSync(join(tmpdir(), "sightline-build-"));

/** The project's own settings, less the libraries of types, which would cost seconds in each build here. */
const SMALL_COMPILER = {
  target: "es2022",
  lib: ["es2022"],
  types: [],
  module: "nodenext",
  strict: true,
  declaration: true,
  rootDir: ".",
  outDir: "dist",
  incremental: true,
  tsBuildInfoFile: "dist/.tsbuildinfo",
};

/** A module that finds a folder by its own address. The small compiler knows neither `URL` nor `import.meta.url`. */
const BESIDE = [
  "declare global { interface ImportMeta { readonly url: string } }",
  "declare const URL: new (path: string, from: string) => { readonly pathname: string };",
  `export const beside: string = new URL("../../../config/", import.meta.url).pathname;\n`,
].join("\n");
const SAYS = "declare const console: { log(...words: unknown[]): void };\n";

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

const built = (path: string) => existsSync(join(root, "dist", path));

describe("the build", () => {
  before(async () => {
    symlinkSync(project("node_modules"), join(root, "node_modules"));
    write(
      "tsconfig.json",
      JSON.stringify({ compilerOptions: SMALL_COMPILER, include: ["src/**/*.ts", "test/**/*.ts"] }),
    );
    for (const name of ["package.json", "package-lock.json"]) write(name, readFileSync(project(name), "utf8"));
    write("src/index.ts", "export const one: number = 1;\n");
    write("src/core/beside.ts", BESIDE);
    write("src/core/programs.ts", `export const PROGRAMS = ["cli", "pool/worker"] as const;\n`);
    write("src/cli.ts", `import colours from "picocolors";\nimport { beside } from "./core/beside.js";\nvoid import("./pool/worker.js");\n${SAYS}console.log(typeof colours.bold, beside);\n`);
    write("src/pool/worker.ts", `import { beside } from "../core/beside.js";\n${SAYS}console.log("worker", beside);\n`);
    write("src/gateway/pages/page.html", "<p>first</p>");
    write("src/gateway/pages/README.md", "not for the browser");
    write("test/one.test.ts", `import { one } from "../src/index.js"; void one;\n`);
    assert.deepEqual(await build(root), { ok: true, output: "" });
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  test("compiles src and test, and copies what the browser gets", () => {
    assert.match(read("dist/src/index.js"), /one = 1/);
    assert.ok(built("test/one.test.js"));
    assert.equal(read("dist/src/gateway/pages/page.html"), "<p>first</p>");
    assert.ok(!built("src/gateway/pages/README.md"));
  });

  test("bundles each program with all that it imports; modules find what lies beside them as before", () => {
    const { stdout } = spawnSync(process.execPath, [join(root, "dist/programs/cli.js")], { encoding: "utf8" });
    const beside = join(realpathSync(root), "config/");
    assert.deepEqual(stdout.split("\n").sort(), ["", `function ${beside}`, `worker ${beside}`]);
    assert.doesNotMatch(read("dist/programs/cli.js") + read("dist/programs/pool/worker.js"), /core\/beside\.js"|"picocolors"/);
  });

  test("does nothing when nothing changed", async () => {
    const memory = join(root, "dist", ".tsbuildinfo");
    const { mtimeMs } = statSync(memory);
    rmSync(memory);
    assert.deepEqual(await build(root), { ok: true, output: "" });
    assert.ok(!existsSync(memory), `the compiler ran again (its memory was of ${mtimeMs})`);
  });

  test("keeps the licences of what it copies", () => {
    assert.match(read("dist/programs/LICENSES.txt"), /^commander\n\n[^]*MIT[^]*\nrxjs\n\n\s*Apache License[^]*\nzod\n\n/);
  });

  test("brings back an output that was deleted", async () => {
    rmSync(join(root, "dist", "src", "index.js"));
    assert.equal((await build(root)).ok, true);
    assert.ok(built("src/index.js"));
  });

  test("copies a changed page again", async () => {
    write("src/gateway/pages/page.html", "<p>the second one</p>");
    assert.equal((await build(root)).ok, true);
    assert.equal(read("dist/src/gateway/pages/page.html"), "<p>the second one</p>");
  });

  test("deletes the outputs of a source that is gone, so that no old test runs", async () => {
    write("test/two.test.ts", "export {};\n");
    assert.equal((await build(root)).ok, true);
    assert.ok(built("test/two.test.js") && built("test/two.test.d.ts"));
    rmSync(join(root, "test", "two.test.ts"));
    assert.equal((await build(root)).ok, true);
    assert.ok(!built("test/two.test.js") && !built("test/two.test.d.ts"));
  });

  test("fails on a type error with the compiler's words, each time until it is mended", async () => {
    write("src/index.ts", `export const one: number = "one";\n`);
    for (const attempt of ["first", "second"]) {
      const { ok, output } = await build(root);
      assert.equal(ok, false, attempt);
      assert.match(output, /src\/index\.ts.*TS2322/, attempt);
    }
    write("src/index.ts", "export const one: number = 11;\n");
    assert.deepEqual(await build(root), { ok: true, output: "" });
  });
});
