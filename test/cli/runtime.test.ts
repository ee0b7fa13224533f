import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { runCli } from "../support/cli.js";
import { temporaryFolder } from "../support/pool.js";
import { OPENVINO_VARIABLES, skipOpenvino } from "../support/runtimes.js";

interface Runtimes {
  readonly runtimes: readonly { readonly name: string; readonly isUsable: boolean; readonly version: string | null; readonly devices: readonly string[] | null; readonly why: string | null }[];
}

/** A folder with a library of the right name, made by `put`. */
function libraryBy(put: (path: string) => void): string {
  const folder = temporaryFolder();
  put(join(folder, "libopenvino_c.so.2641"));
  return folder;
}

const NO_LIBRARY = libraryBy((path) => writeFileSync(path, "no library"));

describe("sightline runtime list and check", { skip: process.platform !== "linux" && "Linux's names of libraries" }, () => {
  test("a library that does not load, or lacks OpenVINO's functions, is told as not usable", async () => {
    const { sharedObjects = [] } = process.report.getReport() as { sharedObjects?: string[] };
    const other = sharedObjects.find((path) => /\/libm\.so/.test(path)) ?? "";
    const foreign = libraryBy((path) => copyFileSync(other, path));
    for (const [SIGHTLINE_OPENVINO, why] of [[NO_LIBRARY, "file too short"], [foreign, "Cannot find function 'ov_get_openvino_version'"]] as const) {
      const { code, stdout } = await runCli(["runtime", "list"], { env: { SIGHTLINE_OPENVINO } });
      const line = stdout.split("\n").find((one) => one.startsWith("openvino")) ?? "";
      assert.ok(line.startsWith(`openvino     not usable: E_RUNTIME_BROKEN OpenVINO can't be loaded from ${SIGHTLINE_OPENVINO}/libopenvino_c.so.2641 (SIGHTLINE_OPENVINO): `) && line.includes(why), line);
      assert.equal(code, 0);
    }
  });

  test("check loads it where it is to run the models", async () => {
    const line = async (...args: string[]): Promise<string | undefined> =>
      (await runCli(["check", ...args], { env: { SIGHTLINE_OPENVINO: NO_LIBRARY } })).stdout.split("\n").find((one) => /^\S+ +openvino /.test(one));
    assert.match((await line("--runtime", "openvino")) ?? "", /^fail {2}openvino {5}E_RUNTIME_BROKEN /);
    assert.match((await line()) ?? "", /^ok {4}openvino {5}2026\.4\.1, not used: onnxruntime runs the models/);
  });
});

test("this machine's OpenVINO is told with its version and devices, and runs the models", { skip: skipOpenvino }, async () => {
  const list = await runCli(["runtime", "list", "--json"], { env: OPENVINO_VARIABLES });
  const [, row] = (JSON.parse(list.stdout) as Runtimes).runtimes;
  assert.deepEqual([row?.name, row?.isUsable, row?.why, row?.devices?.includes("cpu")], ["openvino", true, null, true], list.stdout);
  const check = await runCli(["check", "--runtime", "openvino"], { env: OPENVINO_VARIABLES });
  assert.equal(check.code, 0, check.stdout);
  assert.ok(check.stdout.includes(`openvino     ${row?.version}, runs the models on CPU (`), check.stdout);
  assert.match(check.stdout, /CPU \(.+; FP32.*\); \/.+\n[^]*warm in \d+ ms on openvino\/cpu\/f32; in a drawn street found/);
});
