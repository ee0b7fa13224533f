import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { descendants } from "../rig/processes.js";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { startCli } from "../support/cli.js";
import { leaksIn, PLANTED } from "../support/planted.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { SOON_MS, watch } from "./watch.js";

const [plain, special] = PLANTED.passwords;
const { user } = PLANTED;
const folder = temporaryFolder();

/** All that the page's server answers, but pictures. */
async function answers(url: string): Promise<string> {
  const paths = ["", "api/stats", "healthz", "no-such-page"];
  const texts = await Promise.all(paths.map(async (path) => (await fetch(new URL(path, url))).text()));
  return texts.join("\n");
}

test("a wrong password is told as one and retried slowly; once it is right frames come, and it stands in nothing that is said", async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ user, password: plain });
  await using stream = await watch(camera.urlFor(user, special), { serve: { port: 0 } });
  const refused = await stream.state(SOON_MS, "reconnecting", "E_SOURCE_AUTH");
  assert.match(refused.message ?? "", /slowly/);
  assert.equal(stream.seen.length, 0);
  await camera.kill();
  await using _corrected = await startCamera({ port: camera.port, user, password: special });
  await stream.frame(SOON_MS, "frame after the right password");
  assert.deepEqual(leaksIn(stream.said()), []);
  assert.deepEqual(leaksIn(await answers(stream.session.url ?? "")), []);
  assert.ok(stream.said().includes("127.0.0.1"), "the address without its password is told");
});

test("no program that we start has the password in its arguments", { skip: process.platform !== "linux" && "SKIPPED: needs /proc" }, async (t) => {
  if (!requireRtspServer(t)) return;
  await using camera = await startCamera({ user, password: special });
  await using stream = await watch(camera.urlFor(user, special));
  let looks = 0;
  // The probe comes and goes before the first frame: looked at all the way.
  const seen = stream.frame(SOON_MS, "first frame").then(() => looks);
  await until(() => {
    looks += 1;
    assert.deepEqual(leaksIn(descendants(process.pid).map(({ commandLine }) => commandLine).join("\n")), []);
    return stream.seen.length > 0;
  }, "frame", SOON_MS);
  assert.ok((await seen) > 1);
});

for (const [name, password] of [["plain", plain], ["special", special]] as const) {
  test(`the command line never shows a password (${name}): not on the terminal, in the records or in its own errors`, async (t) => {
    if (!requireRtspServer(t)) return;
    await using camera = await startCamera({ user, password });
    const path = join(folder, `${name}.jsonl`);
    const args = (url: string): string[] => ["run", url, "--model", "samples/street.onnx", "--workers", "1", "--out", path];
    const right = startCli(args(camera.urlFor(user, password)), { timeoutMs: 60_000 });
    await until(() => existsSync(path) && readFileSync(path, "utf8").includes('"outcome"'), "record in the file", SOON_MS);
    right.child.kill("SIGTERM");
    const { stdout, stderr } = await right.done;
    assert.deepEqual(leaksIn(`${stdout}\n${stderr}\n${readFileSync(path, "utf8")}`), []);
  });
}
