import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { staleCause } from "../../src/setup/dependencies.mjs";
import { project } from "../support/paths.js";

interface Locked {
  version: string;
  integrity?: string;
  optional?: boolean;
}

const root = mkdtempSync(join(tmpdir(), "sightline-dependencies-"));
after(() => rmSync(root, { recursive: true, force: true }));

/** Writes what is wanted (package-lock.json) and what is installed (npm's own record in node_modules). */
function given(wanted: Record<string, Locked>, installed?: Record<string, Locked>): void {
  writeFileSync(join(root, "package-lock.json"), JSON.stringify({ packages: { "": { version: "1.0.0" }, ...wanted } }));
  if (installed === undefined) return;
  mkdirSync(join(root, "node_modules"), { recursive: true });
  writeFileSync(join(root, "node_modules", ".package-lock.json"), JSON.stringify({ packages: installed }));
}

const ws = { "node_modules/ws": { version: "8.0.0", integrity: "sha512-a" } };

describe("dependencies", () => {
  beforeEach(() => rmSync(join(root, "node_modules"), { recursive: true, force: true }));

  test("are fresh when all that is wanted is installed", () => {
    given(ws, ws);
    assert.equal(staleCause(root), undefined);
  });

  test("are missing on a fresh clone", () => {
    given(ws);
    assert.equal(staleCause(root), "node_modules is missing or incomplete");
  });

  test("are stale when the install was broken off, which leaves no record", () => {
    given(ws);
    mkdirSync(join(root, "node_modules", "ws"), { recursive: true });
    assert.equal(staleCause(root), "node_modules is missing or incomplete");
  });

  test("are stale after a package was added", () => {
    given({ ...ws, "node_modules/zod": { version: "4.0.0" } }, ws);
    assert.equal(staleCause(root), "node_modules/zod is missing");
  });

  test("are stale after a version changed, or the content behind it", () => {
    given({ "node_modules/ws": { version: "8.1.0" } }, ws);
    assert.equal(staleCause(root), "node_modules/ws is 8.0.0 instead of 8.1.0");
    given({ "node_modules/ws": { version: "8.0.0", integrity: "sha512-b" } }, ws);
    assert.equal(staleCause(root), "node_modules/ws is not the locked one");
  });

  test("are fresh without the native parts for other systems", () => {
    given({ ...ws, "node_modules/@img/sharp-win32-x64": { version: "1.0.0", optional: true } }, ws);
    assert.equal(staleCause(root), undefined);
  });

  test("need a lockfile", () => {
    writeFileSync(join(root, "package-lock.json"), "<<<<<<< HEAD");
    assert.throws(() => staleCause(root), /package-lock\.json is missing or damaged/);
  });
});

describe("the project's own packages", () => {
  const lock = readFileSync(project("package-lock.json"), "utf8");

  test("are locked without download addresses, each with its hash", () => {
    assert.doesNotMatch(lock, /"resolved"/);
    const { packages } = JSON.parse(lock) as { packages: Record<string, { integrity?: string; inBundle?: boolean }> };
    const unhashed = Object.entries(packages).filter(
      ([path, entry]) => path !== "" && !entry.inBundle && !/^sha512-/.test(entry.integrity ?? ""),
    );
    assert.ok(Object.keys(packages).length > 100);
    assert.deepEqual(unhashed, []);
  });

  test("with an install script are all denied it, for the npm that asks (12 and later)", () => {
    const { packages } = JSON.parse(lock) as {
      packages: Record<string, { hasInstallScript?: boolean; optional?: boolean }>;
    };
    const { allowScripts } = JSON.parse(readFileSync(project("package.json"), "utf8")) as {
      allowScripts: Record<string, boolean>;
    };
    const scripted = Object.entries(packages).filter(([, entry]) => entry.hasInstallScript && !entry.optional);
    assert.deepEqual(
      allowScripts,
      Object.fromEntries(scripted.map(([path]) => [path.replace(/^.*node_modules\//, ""), false])),
    );
  });

  test("are pinned to one version each", () => {
    const manifest = JSON.parse(readFileSync(project("package.json"), "utf8")) as Record<
      "dependencies" | "devDependencies",
      Record<string, string>
    >;
    const loose = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/.test(version),
    );
    assert.deepEqual(loose, []);
  });
});
