import assert from "node:assert/strict";
import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { OpenvinoApi } from "../../src/openvino/api.js";
import { openCore } from "../../src/openvino/index.js";
import { ownerOf } from "../../src/openvino/owner.js";
import { temporaryFolder } from "../support/pool.js";

const opened = (path: string) => openCore({ libraryPath: path, version: null, from: "the test" });

test("a text file by the library's name is no library, and one that lacks OpenVINO's functions is none of it", { skip: process.platform !== "linux" && "SKIPPED: Linux only" }, async () => {
  const { sharedObjects = [] } = process.report.getReport() as { sharedObjects?: string[] };
  const [text, foreign] = [temporaryFolder(), temporaryFolder()].map((folder) => join(folder, "libopenvino_c.so.2641")) as [string, string];
  writeFileSync(text, "no library");
  copyFileSync(sharedObjects.find((path) => /\/libm\.so/.test(path)) ?? "", foreign);
  await assert.rejects(opened(text), { code: "E_RUNTIME_BROKEN", message: /^OpenVINO can't be loaded from \S+ \(the test\): .*file too short/ });
  await assert.rejects(opened(foreign), { code: "E_RUNTIME_BROKEN", message: /Cannot find function 'ov_get_openvino_version'/ });
});

test("what was made is given back once, the last first", () => {
  const freed: unknown[] = [];
  const owner = ownerOf({ free: (name, handle) => void freed.push([name, handle]) } as OpenvinoApi);
  owner.own("ov_core_free", 1n);
  owner.own("ov_model_free", 2n);
  for (let time = 0; time < 2; time += 1) owner[Symbol.dispose]();
  assert.deepEqual(freed, [["ov_model_free", 2n], ["ov_core_free", 1n]]);
});
