import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import { startCli, type RunningCli } from "../support/cli.js";
import { leaksIn, PLANTED } from "../support/planted.js";
import { ffmpeg } from "../support/source.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-api-"));
const clip = join(folder, "clip.mp4");
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=20:duration=2", "-c:v", "mpeg4", "-q:v", "5", clip);
const CAMERA = { source: clip, sourceOptions: { realtime: true, loop: true } };
const [plain] = PLANTED.passwords;

interface Running {
  readonly cli: RunningCli;
  readonly file: string;
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

async function start(name: string, more: readonly string[] = [], args: readonly string[] = [], env = {}): Promise<Running> {
  const file = join(folder, name);
  writeFileSync(file, ["# Mine.", "inference: { workers: 1 }", `api: { allowPrivate: true, fileRoots: [${folder}] }`, ...more, "streams:", `  steady: ${JSON.stringify(CAMERA)}`, ""].join("\n"));
  const cli = startCli(["run", ...args, "--config", file], { env: { SIGHTLINE_SERVE_PORT: "0", ...env }, timeoutMs: 100_000 });
  const url = /http:\/\/\S+/.exec(await cli.saying(/live page: http\S+\n/))![0];
  return {
    cli, file,
    send: (method, path, body) => fetch(`${url}api/v1/streams/${path}`, { method, ...(body !== undefined && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }) }),
  };
}

const streamsIn = (file: string): Record<string, unknown> => (parse(readFileSync(file, "utf8")) as { streams: Record<string, unknown> }).streams;

test("a change that is kept stands in the file, its comments kept, and is not applied a second time; SIGHUP finds every stream as it is", async () => {
  const { cli, file, send } = await start("kept.yaml");
  assert.equal((await send("POST", "young?persist=true", CAMERA)).status, 201);
  assert.equal((await send("POST", "guest", CAMERA)).status, 201);
  assert.equal((await send("PUT", "young?persist=true", { ...CAMERA, maxFps: 3 })).status, 200);
  assert.deepEqual(streamsIn(file), { steady: CAMERA, young: { ...CAMERA, maxFps: 3, fromApi: true } });
  assert.match(readFileSync(file, "utf8"), /^# Mine\.\ninference: \{ workers: 1 \}\napi: /);
  assert.equal((await send("DELETE", "guest")).status, 204);
  cli.child.kill("SIGHUP");
  const said = await cli.saying(/settings read again/);
  // The first time that it was read again was for SIGHUP, not for what we wrote ourselves.
  assert.equal(said.match(/settings read again[^\n]*/g)?.join(), "settings read again: every stream stays as it is");
  assert.equal((await send("DELETE", "young?persist=true")).status, 204);
  assert.deepEqual(streamsIn(file), { steady: CAMERA });
  cli.child.kill("SIGTERM");
  assert.equal((await cli.done).code, 0);
});

test("what is shown may be sent back: the stream is not touched, and its password neither shown nor lost nor written", async () => {
  const secrets = join(folder, "secrets.env");
  writeFileSync(secrets, `CAM_PASSWORD=${plain}\n`);
  const { cli, file, send } = await start("secret.yaml", [`secretsFile: ${secrets}`]);
  const camera = { source: "rtsp://viewer:${CAM_PASSWORD}@127.0.0.1:9/live", required: false };
  const added = await (await send("POST", "cam?persist=true", camera)).text();
  assert.equal((JSON.parse(added) as { settings: { source: string } }).settings.source, "rtsp://***@127.0.0.1:9/live");
  const { settings } = JSON.parse(added) as { settings: Record<string, unknown> };
  const changed = await (await send("PUT", "cam?persist=true", { ...settings, weight: 7 })).text();
  assert.equal((JSON.parse(changed) as { settings: { weight: number } }).settings.weight, 7);
  assert.equal((streamsIn(file)["cam"] as { source: string }).source, camera.source);
  const refused = await (await send("POST", "other?persist=true", { source: `rtsp://viewer:${plain}@127.0.0.1:9/live` })).text();
  assert.match(refused, /"code":"E_PERSIST".*|\$\{NAME\}/);
  const unknown = await (await send("POST", "thief", { source: "http://127.0.0.1:9/${HOME}" })).text();
  assert.match(unknown, /"code":"E_CONFIG"/);
  cli.child.kill("SIGTERM");
  const { stderr } = await cli.done;
  for (const text of [added, changed, refused, unknown, stderr, readFileSync(file, "utf8")]) assert.deepEqual(leaksIn(text), []);
});

test("with sources on the command line nothing can be kept, and it is said why; the program stays when a mistyped address ends its last stream", async () => {
  const { cli, file, send } = await start("beside.yaml", [], [clip, "--realtime", "--loop"]);
  const before = readFileSync(file, "utf8");
  const refused = await send("POST", "new?persist=true", CAMERA);
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code], [409, "E_PERSIST"]);
  assert.equal(readFileSync(file, "utf8"), before);
  const missing = await send("PUT", "clip", { source: join(folder, "mistyped.mp4") });
  assert.deepEqual([missing.status, ((await missing.json()) as { code: string }).code], [403, "E_SOURCE_FORBIDDEN"]);
  const outside = await send("PUT", "clip", { source: "/etc/hostname" });
  assert.deepEqual([outside.status, ((await outside.json()) as { code: string }).code], [403, "E_SOURCE_FORBIDDEN"]);
  const model = await send("PUT", "clip", { ...CAMERA, model: { path: "/etc/hostname" } });
  assert.deepEqual([model.status, ((await model.json()) as { code: string }).code], [403, "E_FORBIDDEN"]);
  writeFileSync(join(folder, "text.mp4"), "no video at all\n".repeat(100));
  assert.equal((await send("PUT", "clip", { source: join(folder, "text.mp4") })).status, 200);
  await cli.saying(/E_SOURCE_NOT_VIDEO/);
  assert.equal((await send("PUT", "clip", CAMERA)).status, 200);
  cli.child.kill("SIGTERM");
  assert.equal((await cli.done).code, 0);
});
