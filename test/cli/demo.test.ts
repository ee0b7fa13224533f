import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { hasDisplay } from "../../src/cli/browser.js";
import { startCli } from "../support/cli.js";

/** The demo's own port. */
const PORT = 8420;

test("the demo plays the street on a free port, writes records into the current folder, and Ctrl-C ends it in under 2 s with status 0", async () => {
  const cwd = mkdtempSync(join(tmpdir(), "sightline-demo-"));
  const other = createServer();
  // Somebody else may have it already; it is taken either way.
  await new Promise<void>((resolve) => other.once("error", () => resolve()).listen(PORT, "127.0.0.1", resolve));
  try {
    const demo = startCli(["demo", "--no-open"], { cwd });
    const said = await demo.saying(/live page: (http:\/\/127\.0\.0\.1:\d+\S*)/);
    const url = new URL(/live page: (\S+)/.exec(said)?.[1] ?? "");
    assert.ok(Number(url.port) > PORT && Number(url.port) <= PORT + 20, url.href);
    const page = await fetch(url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<html/);
    const stopped = performance.now();
    demo.child.kill("SIGINT");
    const { code, stderr } = await demo.done;
    assert.ok(performance.now() - stopped < 2000, `it took ${Math.round(performance.now() - stopped)} ms`);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^street {2}\d+ frames in /m);
    assert.doesNotThrow(() => readFileSync(join(cwd, "detections.jsonl")));
  } finally {
    other.close();
  }
});

test("a browser is opened only where there is a screen that the person looks at", () => {
  assert.equal(hasDisplay("linux", {}), false);
  assert.equal(hasDisplay("linux", { DISPLAY: ":0" }), true);
  assert.equal(hasDisplay("linux", { WAYLAND_DISPLAY: "wayland-0" }), true);
  assert.equal(hasDisplay("linux", { DISPLAY: "localhost:10.0", SSH_CONNECTION: "10.0.0.1 22" }), false);
  assert.equal(hasDisplay("darwin", {}), true);
});
