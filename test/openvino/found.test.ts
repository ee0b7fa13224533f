import assert from "node:assert/strict";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { findOpenvino, isKnownVersion, type OpenvinoLibraries } from "../../src/openvino/index.js";
import type { SearchWorld } from "../../src/openvino/found.js";
import { runtimesFolder } from "../../src/openvino/folder.js";
import { loaderFolders, systemFolders } from "../../src/openvino/system.js";
import { versionInName } from "../../src/openvino/version.js";
import { requireOpenvino } from "../support/runtimes.js";
import { temporaryFolder } from "../support/pool.js";

/** A machine in a folder, with these empty files in it. */
function machine(files: readonly string[], world: Partial<SearchWorld> = {}): { readonly at: (path: string) => string; readonly find: (path?: string) => OpenvinoLibraries } {
  const home = temporaryFolder();
  const at = (path: string): string => join(home, path);
  for (const file of files) put(at(file));
  const whole: SearchWorld = { platform: "linux", home, systemFolders: [at("usr/lib")], ...world, environment: { SIGHTLINE_RUNTIMES_FOLDER: at("runtimes"), ...world.environment } };
  return { at, find: (path) => findOpenvino(path === undefined ? {} : { path }, whole) };
}

function put(path: string, text = ""): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const ADDED = "runtimes/openvino-2026.4.1/libs/libopenvino_c.so.2641";
const SYSTEM = "usr/lib/libopenvino_c.so.2541";

describe("OpenVINO is found", () => {
  test("where the setting says, then the environment, then what was added, then at the system", () => {
    const wheel = "elsewhere/openvino/libs/libopenvino_c.so.2600";
    const { at, find } = machine([ADDED, SYSTEM, wheel]);
    assert.deepEqual(find(at("elsewhere")), { libraryPath: at(wheel), version: "2026.0.0", from: "inference.openvinoPath" });
    assert.deepEqual(find(at(wheel)).libraryPath, at(wheel));
    assert.deepEqual(find(), { libraryPath: at(ADDED), version: "2026.4.1", from: "the folder of runtimes" });
    const inEnvironment = machine([ADDED], { environment: { SIGHTLINE_OPENVINO: dirname(at(wheel)) } });
    assert.deepEqual(inEnvironment.find(), { libraryPath: at(wheel), version: "2026.0.0", from: "SIGHTLINE_OPENVINO" });
    const bare = machine([SYSTEM]);
    assert.deepEqual(bare.find(), { libraryPath: bare.at(SYSTEM), version: "2025.4.1", from: "the system's libraries" });
  });

  test("behind a distribution's links, in an archive of Intel, and by the names of other systems", () => {
    const distribution = machine(["usr/lib/libopenvino_c.so.2025.2.0"]);
    symlinkSync("libopenvino_c.so.2025.2.0", distribution.at("usr/lib/libopenvino_c.so"));
    assert.equal(distribution.find().version, "2025.2.0");
    const archive = machine(["opt/runtime/lib/intel64/libopenvino_c.so.2630"]);
    assert.equal(archive.find(archive.at("opt")).version, "2026.3.0");
    const mac = machine(["opt/libs/libopenvino_c.2641.dylib"], { platform: "darwin" });
    assert.equal(mac.find(mac.at("opt")).version, "2026.4.1");
    // A DLL's name says no version: a wheel's dist-info or an archive's version.txt does, or nothing.
    const wheel = machine(["site/openvino/libs/openvino_c.dll", "site/openvino-2026.1.0.dist-info/METADATA"], { platform: "win32" });
    assert.equal(wheel.find(wheel.at("site")).version, "2026.1.0");
    const intel = machine(["ov/runtime/bin/intel64/Release/openvino_c.dll"], { platform: "win32" });
    put(intel.at("ov/runtime/version.txt"), "2025.3.0-19807-44526285f24-releases/2025/3\n");
    assert.equal(intel.find(intel.at("ov")).version, "2025.3.0");
    const alone = machine(["some/openvino_c.dll"], { platform: "win32" });
    assert.equal(alone.find(alone.at("some")).version, null);
  });

  test("in the newest version that we know, of several", () => {
    const { at, find } = machine([ADDED, "runtimes/openvino-2026.10.0/libs/libopenvino_c.so.2026.10.0", "runtimes/openvino-2027.0.0/libs/libopenvino_c.so.2700"]);
    assert.equal(find().libraryPath, at("runtimes/openvino-2026.10.0/libs/libopenvino_c.so.2026.10.0"));
  });
});

describe("OpenVINO is not found", () => {
  test("and each step says what was there, and the last words what to do", () => {
    const { at, find } = machine(["runtimes/.openvino-2026.4.1.part/libs/libopenvino_c.so.2641"]);
    assert.throws(() => find(), {
      code: "E_RUNTIME_MISSING",
      message: `OpenVINO is not at this machine: inference.openvinoPath is not set; SIGHTLINE_OPENVINO is not set; nothing was added to ${at("runtimes")}; no libopenvino_c.so* in ${at("usr/lib")}. To add it: sightline runtime add openvino`,
    });
  });

  test("where the setting or the environment names something else, which nothing stands in for", () => {
    const { at, find } = machine([ADDED, "empty/readme", "old/libopenvino_c.so.2460"]);
    const refused = (path: string, code: string, words: RegExp): void => assert.throws(() => find(path), { code, message: words });
    refused(at("nowhere"), "E_RUNTIME_MISSING", /^inference\.openvinoPath is .*nowhere, which is not there; it is to be libopenvino_c\.so\* or a folder/);
    refused(at("empty"), "E_RUNTIME_MISSING", /where no libopenvino_c\.so\* is/);
    refused(at("empty/readme"), "E_RUNTIME_MISSING", /a file of another name/);
    refused(at("old"), "E_RUNTIME_VERSION", /^inference\.openvinoPath: .*libopenvino_c\.so\.2460 is 2024\.6\.0; known are 2025\.1 to 2026/);
    const wrong = machine([ADDED], { environment: { SIGHTLINE_OPENVINO: "/nowhere" } });
    assert.throws(() => wrong.find(), { code: "E_RUNTIME_MISSING", message: /^SIGHTLINE_OPENVINO is \/nowhere, which is not there/ });
  });

  test("but another version is, which is told", () => {
    const { find } = machine(["usr/lib/libopenvino_c.so.2500"]);
    assert.throws(() => find(), { code: "E_RUNTIME_VERSION", message: /libopenvino_c\.so\.2500 is 2025\.0\.0; known are 2025\.1 to 2026\. To add one of those: sightline runtime add openvino$/ });
  });
});

test("this machine's OpenVINO, which set-up has found or added, is of a version that we know", (t) => {
  const here = requireOpenvino(t);
  if (!here) return;
  assert.ok(existsSync(here.libraryPath), here.libraryPath);
  assert.ok(here.version === null || isKnownVersion(here.version), here.version ?? "");
});

test("versions are read from the names of files, and those are known whose element types are ours", () => {
  const cases: [string, string | null][] = [
    ["libopenvino_c.so.2641", "2026.4.1"], ["libopenvino_c.so.2025.1.0", "2025.1.0"], ["libopenvino_c.2500.dylib", "2025.0.0"],
    ["libopenvino_c.so", null], ["openvino_c.dll", null], ["libopenvino_c.so.26", null],
  ];
  for (const [name, version] of cases) assert.equal(versionInName(name), version, name);
  assert.deepEqual(["2025.1.0", "2026.0.0", "2026.12.1"].map(isKnownVersion), [true, true, true]);
  assert.deepEqual(["2024.6.0", "2025.0.0", "2027.0.0"].map(isKnownVersion), [false, false, false]);
});

test("the system's folders are those of the loader, of its files and their includes, and the usual ones", () => {
  const home = temporaryFolder();
  put(join(home, "ld.so.conf"), "include ld.so.conf.d/*.conf\n/one # a comment\nrelative\n");
  put(join(home, "ld.so.conf.d/b.conf"), "/three\n");
  put(join(home, "ld.so.conf.d/a.conf"), `# all of it\n/two\ninclude ${join(home, "ld.so.conf")}\n`);
  put(join(home, "ld.so.conf.d/a.txt"), "/four\n");
  assert.deepEqual([...new Set(loaderFolders(join(home, "ld.so.conf")))].sort(), ["/one", "/three", "/two"]);
  const linux = systemFolders({ platform: "linux", home, environment: { LD_LIBRARY_PATH: "/mine:" } }, "arm64");
  assert.equal(linux[0], "/mine");
  assert.ok(linux.includes("/usr/lib/aarch64-linux-gnu"), linux.join());
  assert.ok(systemFolders({ platform: "darwin", home, environment: {} }, "arm64").includes("/opt/homebrew/lib"));
});

test("what is added lies in the user's cache, or where SIGHTLINE_RUNTIMES_FOLDER says", () => {
  assert.equal(runtimesFolder({ platform: "linux", environment: {}, home: "/home/me" }), "/home/me/.cache/sightline/runtimes");
  assert.equal(runtimesFolder({ platform: "linux", environment: { SIGHTLINE_RUNTIMES_FOLDER: "/srv/ov" }, home: "/home/me" }), "/srv/ov");
});
