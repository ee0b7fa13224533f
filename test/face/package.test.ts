import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { emptyProject, packed, putClip, readmeExample, run, unpackInto } from "./packed.js";

describe("the package, in an empty project", () => {
  let folder = "";
  before(async () => {
    folder = emptyProject();
    await unpackInto(folder, await packed());
  });

  test("runs the README's example as it was pasted", async () => {
    const code = readmeExample();
    assert.ok(code.trimEnd().split("\n").length <= 10);
    writeFileSync(join(folder, "example.mjs"), code);
    await putClip(folder);
    const lines = (await run(folder, "example.mjs")).trimEnd().split(/\n(?=\d+ )/);
    const frames = lines.map((line) => Number(/^(\d+) detected \[/.exec(line)?.[1]));
    assert.ok(frames.length >= 20, `${frames.length} frames`);
    assert.deepEqual(frames, frames.map((_, i) => i));
    assert.match(lines[0]!, /'0\.\d+ at [\d.]+ [\d.]+ [\d.]+ [\d.]+'/);
  });

  test("has both doors and no other, its command, and what they need", async () => {
    const program = `
      import { ERROR_TABLE, locked, ModelInstance, openSession, openSource, observe, pipeline } from "sightline";
      import { connect } from "sightline/client";
      const kinds = [locked, ModelInstance.open, openSession, openSource, observe, pipeline, connect].map((one) => typeof one);
      const past = await import("sightline/dist/src/pool/index.js").catch(({ code }) => code);
      console.log(JSON.stringify([new Set(kinds).size, kinds[0], past, ERROR_TABLE.E_INSTANCE_BUSY.exit]));`;
    writeFileSync(join(folder, "doors.mjs"), program);
    assert.deepEqual(JSON.parse(await run(folder, "doors.mjs")), [1, "function", "ERR_PACKAGE_PATH_NOT_EXPORTED", 1]);
    const home = join(folder, "node_modules", "sightline");
    assert.match(await run(folder, join(home, "dist", "programs", "cli.js"), "--version"), /\d+\.\d+\.\d+/);
    for (const stays of ["test", "dist/test", "dist/samples", "config/api", ".config"]) assert.ok(!existsSync(join(home, stays)), `${stays} was packed`);
    assert.ok(existsSync(join(home, "samples", "street.onnx")));
  });
});
