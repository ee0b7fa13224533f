import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { bundle, SITE_FOLDER } from "../../src/setup/bundle.mjs";
import { project } from "../support/paths.js";

const root = mkdtempSync(join(tmpdir(), "sightline-bundle-"));
const ROOM = "src/dashboard";

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const files = (): string[] => readdirSync(join(root, SITE_FOLDER)).sort();
const read = (name: string): string => readFileSync(join(root, SITE_FOLDER, name), "utf8");
const scriptName = (): string => files().find((name) => name.endsWith(".js"))!;

describe("the bundle", () => {
  before(async () => {
    symlinkSync(project("node_modules"), join(root, "node_modules"));
    write(`${ROOM}/index.html`, `<link href="/assets/style.css">\n  <script src="/assets/app.js"></script>`);
    write(`${ROOM}/icon.svg`, "<svg/>");
    write(`${ROOM}/dashboard.css`, "body { color: red; }");
    write(`${ROOM}/main.ts`, `import { words } from "../core/words.js";\nconsole.log(words as string);`);
    write("src/core/words.ts", `export const words: string = "the first words";`);
    assert.deepEqual(await bundle(root), { ok: true, output: "" });
  });
  after(() => rmSync(root, { recursive: true, force: true }));

  test("is one script with everything it imports, named after its content, beside its compressed forms", () => {
    assert.match(read(scriptName()), /the first words/);
    assert.doesNotMatch(read(scriptName()), /import/);
    assert.match(read("index.html"), new RegExp(`src="/assets/${scriptName()}"`));
    assert.equal(files().length, 13);
    for (const name of files().filter((one) => !/\.(gz|br|txt)$/.test(one))) assert.ok(files().includes(`${name}.br`) && files().includes(`${name}.gz`), name);
  });

  test("is not made again while its inputs say the same, whatever their times", async () => {
    const marked = join(root, SITE_FOLDER, scriptName());
    writeFileSync(marked, "kept");
    utimesSync(join(root, "src/core/words.ts"), new Date(), new Date());
    assert.equal((await bundle(root)).ok, true);
    assert.equal(readFileSync(marked, "utf8"), "kept");
  });

  test("is made again under another name when something that it imports has changed, and nothing old is left", async () => {
    const before = scriptName();
    write("src/core/words.ts", `export const words: string = "other words";`);
    assert.equal((await bundle(root)).ok, true);
    assert.notEqual(scriptName(), before);
    assert.match(read(scriptName()), /other words/);
    assert.equal(files().length, 13);
  });

  test("says what is wrong, and leaves no half of a page", async () => {
    write("src/core/words.ts", `export const words: string = ;`);
    const { ok, output } = await bundle(root);
    assert.equal(ok, false);
    assert.match(output, /words\.ts:1:/);
    assert.ok(!existsSync(join(root, SITE_FOLDER, "index.html")));
  });
});
