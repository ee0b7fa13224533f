import assert from "node:assert/strict";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { checkApiSource, type ApiSourcePolicy } from "../../src/source/index.js";
import { settingsSchema } from "../../src/config/index.js";
import { temporaryFolder } from "../support/pool.js";

const folder = temporaryFolder();
const root = join(folder, "root");
const at = (name: string): string => join(root, name);
mkdirSync(at("stills"), { recursive: true });
mkdirSync(join(folder, "root-beside"));
for (const path of [at("clip.mp4"), at("stills/1.jpg"), join(folder, "secret.mp4"), join(folder, "root-beside/clip.mp4")]) writeFileSync(path, "x");
symlinkSync(join(folder, "secret.mp4"), at("link.mp4"));
symlinkSync(folder, at("out"));
symlinkSync(at("clip.mp4"), at("inner.mp4"));
symlinkSync(root, join(folder, "alias"));

const policy: ApiSourcePolicy = { ...settingsSchema.parse({}).api, fileRoots: [root] };
const lookup = (host: string): Promise<readonly string[]> => Promise.resolve([host === "cam.example" ? "93.184.216.34" : host === "metadata.example" ? "169.254.169.254" : "10.0.0.5"]);
const check = (name: string, more: Partial<ApiSourcePolicy> = {}) => checkApiSource(name, { ...policy, ...more }, lookup);

const ALLOWED: [name: string, more?: Partial<ApiSourcePolicy>][] = [
  ["rtsp://viewer:pass@cam.example/stream"], ["https://cam.example/live.m3u8"], ["srt://cam.example:9000?mode=caller&latency=200"], ["rtmp://cam.example/live"],
  ["rtsp://cam.lan/stream", { allowPrivate: true }], ["rtsp://192.168.1.4/stream", { allowPrivate: true }],
  ["test:bars"], ["test:numbered?frames=10"],
  [at("clip.mp4")], [at("inner.mp4")], [at("stills")], [at("stills/1.jpg")], [join(folder, "alias", "clip.mp4")],
  ["udp://cam.example:5000", { schemes: ["udp"] }],
];
for (const [name, more] of ALLOWED) {
  test(`may be opened: ${name.replace(folder, "")}${more ? ` with ${JSON.stringify(more)}` : ""}`, async () => {
    assert.doesNotMatch((await check(name, more)).display, /viewer|pass/);
  });
}

const REFUSED: [name: string, code: string, more?: Partial<ApiSourcePolicy>][] = [
  ["rtsp://cam.lan/stream", "E_SOURCE_FORBIDDEN"], ["rtsp://127.0.0.1/", "E_SOURCE_FORBIDDEN"], ["http://[::1]/", "E_SOURCE_FORBIDDEN"], ["http://0.0.0.0/", "E_SOURCE_FORBIDDEN"],
  ["http://metadata.example/", "E_SOURCE_FORBIDDEN", { allowPrivate: true }], ["http://169.254.169.254/latest/meta-data", "E_SOURCE_FORBIDDEN", { allowPrivate: true }],
  ["rtsp://cam.example/", "E_SOURCE_FORBIDDEN", { schemes: ["https"] }], ["udp://cam.example:5000", "E_SOURCE_FORBIDDEN"], ["test:bars", "E_SOURCE_FORBIDDEN", { schemes: [] }],
  ["webcam", "E_SOURCE_FORBIDDEN"], ["device:0", "E_SOURCE_FORBIDDEN"], ["-", "E_SOURCE_FORBIDDEN"],
  ["srt://:9000", "E_SOURCE_FORBIDDEN"], ["srt://cam.example:9000?mode=listener", "E_SOURCE_FORBIDDEN"], ["udp://cam.example:1?sources=10.0.0.1", "E_SOURCE_FORBIDDEN", { schemes: ["udp"] }],
  ["udp://239.0.0.1:5000", "E_SOURCE_FORBIDDEN", { schemes: ["udp"], allowPrivate: true }],
  ["file:///etc/passwd", "E_SOURCE_SCHEME"], ["concat:///etc/passwd", "E_SOURCE_SCHEME"], ["gopher://cam.example/", "E_SOURCE_SCHEME"], ["FILE://x", "E_SOURCE_SCHEME"],
  ["concat:/etc/passwd|/etc/hosts", "E_SOURCE_FORBIDDEN"], ["subfile,,start,0,end,9,,:/etc/passwd", "E_SOURCE_FORBIDDEN"], ["-f lavfi -i x", "E_SOURCE_FORBIDDEN"],
  ["/etc/passwd", "E_SOURCE_FORBIDDEN"], [join(folder, "secret.mp4"), "E_SOURCE_FORBIDDEN"], [join(folder, "root-beside/clip.mp4"), "E_SOURCE_FORBIDDEN"],
  [`${root}/../secret.mp4`, "E_SOURCE_FORBIDDEN"], [at("link.mp4"), "E_SOURCE_FORBIDDEN"], [at("out/secret.mp4"), "E_SOURCE_FORBIDDEN"], [at("none.mp4"), "E_SOURCE_FORBIDDEN"],
  [at("*.jpg"), "E_SOURCE_FORBIDDEN"], [at("clip.mp4"), "E_SOURCE_FORBIDDEN", { fileRoots: [] }], ["rtsp://cam.example/\nfile '/etc/passwd'", "E_USAGE"],
];
for (const [name, code, more] of REFUSED) {
  test(`is refused: ${JSON.stringify(name.replace(folder, ""))}${more ? ` with ${JSON.stringify(more)}` : ""}`, async () => {
    await assert.rejects(check(name, more), { code });
  });
}

test("whether a file is there is not told of what lies outside", async () => {
  const messageOf = (name: string): Promise<string> => check(name).then(() => "", (error: Error) => error.message.replace(name, "FILE"));
  assert.equal(await messageOf("/etc/passwd"), await messageOf("/etc/no-such-file"));
});
