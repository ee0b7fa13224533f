import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { project } from "../support/paths.js";
import { emptyProject, installInto, packed, putClip, readmeExample, run } from "./packed.js";

describe("the package, installed from the registry into an empty project", () => {
  let folder = "";
  before(async () => {
    folder = emptyProject();
    await installInto(folder, await packed());
  });

  test("runs the README's example", async () => {
    writeFileSync(join(folder, "example.mjs"), readmeExample());
    await putClip(folder);
    assert.match(await run(folder, "example.mjs"), /^0 detected \[/);
  });

  test("gives the compiler all types that a program with strict settings and library checks of its own code needs", async () => {
    copyFileSync(project("samples", "thread-safety", "4-behind-a-lock.ts"), join(folder, "program.ts"));
    const compilerOptions = { module: "nodenext", target: "es2022", lib: ["es2023", "esnext.disposable", "dom"], strict: true, skipLibCheck: true, noEmit: true, types: ["node"], typeRoots: [project("node_modules", "@types")] };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
    assert.equal(await run(folder, project("node_modules", "typescript", "bin", "tsc"), "-p", "."), "");
  });
});
