import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { connect, type FeedClient, type FrameRecord } from "../../src/client/node.js";
import { deferred } from "../../src/core/lifetime.js";
import type { Gateway } from "../../src/gateway/index.js";
import { publishedFrame } from "../wire/records.js";
import { openTestGateway } from "../gateway/clients.js";
import { within } from "../rig/deadline.js";
import { project } from "../support/paths.js";

const WAIT_MS = 60_000;
const event = (client: FeedClient, name: "subscribed" | "snapshot"): Promise<unknown> =>
  within(WAIT_MS, name, new Promise((resolve) => client.on(name, resolve)));

/** Closed even when the test fails. */
const closing = (client: FeedClient): FeedClient & Disposable => Object.assign(client, { [Symbol.dispose]: () => client.close() });

test("in Node it connects to a server's address, iterates, and reads pictures", async () => {
  await using gateway = await openTestGateway();
  using client = closing(connect(gateway.url, { subscribe: { topics: ["detections", "video"] } }));
  const picture = within(WAIT_MS, "picture", new Promise<number>((resolve) => client.on("video", ({ frame }) => resolve(frame))));
  const seen: string[] = [];
  for await (const message of client) {
    seen.push(message.type);
    if (message.type === "snapshot") {
      gateway.publish(publishedFrame(0));
      gateway.publishPicture({ stream: "gate", epoch: 1, frame: 0, ptsMs: null, widthPx: 4, heightPx: 4, lookedAt: true, jpeg: new Uint8Array(100) });
    }
    if (message.type === "frame") break;
  }
  assert.deepEqual(seen, ["hello", "subscribed", "snapshot", "frame"]);
  assert.equal(await picture, 0);
});

test("closed before its socket is made it goes in peace", async () => {
  await using gateway = await openTestGateway();
  const tickets = Array.from({ length: 2 }, () => deferred<string>());
  const clients = [connect(gateway.url), ...tickets.map(({ promise }) => connect(gateway.url, { ticket: () => promise }))];
  for (const client of clients) client.close();
  for (const { resolve } of tickets) resolve("none");
  // An error that nobody hears would come by now, and fail this test.
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(clients.map(({ state }) => state), ["closed", "closed", "closed"]);
  assert.equal(gateway.clientCount, 0);
});

test("cut off by the server, it comes back and has every frame once", async () => {
  const first = await openTestGateway({ maxClients: 1 });
  await using gateway: Gateway = first;
  using client = closing(connect(gateway.url, { subscribe: {} }));
  const frames: number[] = [];
  client.on("detections", ({ frame }: FrameRecord) => frames.push(frame));
  await event(client, "snapshot");
  let next = 0;
  for (let cut = 0; cut < 3; cut += 1) {
    const back = event(client, "snapshot");
    // A hundred requests beyond what is allowed: the server closes with 1008.
    for (let n = 0; n < 300; n += 1) client.subscribe({ id: "extra", topics: ["log"] });
    client.unsubscribe("extra");
    for (let n = 0; n < 50; n += 1) gateway.publish(publishedFrame(next++));
    await back;
  }
  const last = within(WAIT_MS, "last frame", new Promise<void>((resolve) => client.on("detections", ({ frame }) => frame === next && resolve())));
  gateway.publish(publishedFrame(next));
  await last;
  assert.deepEqual(frames, Array.from({ length: next + 1 }, (_, i) => i));
});

test("the example of the manual works as it stands there", async (t) => {
  await using gateway = await openTestGateway();
  const page = readFileSync(project("src/wire/README.md"), "utf8");
  const code = /```js\n(import \{ connect \} from "sightline\/client";\n[\s\S]*?)```/.exec(page)?.[1];
  assert.ok(code, "src/wire/README.md has no example");
  assert.ok(code.trimEnd().split("\n").length <= 10);
  // Pasted into a file of a project that has the package.
  const folder = mkdtempSync(join(project("dist"), "pasted-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "example.mjs");
  writeFileSync(file, code.replace("http://127.0.0.1:8420", gateway.url));
  const child = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"], cwd: folder });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  let frame = 0;
  while (!/car 0\.91/.test(out)) {
    gateway.publish(publishedFrame(frame++, {}, [1, 2, 3, 4]));
    if (frame > 10_000) break;
    await Promise.race([once(child.stdout, "data"), new Promise((resolve) => setTimeout(resolve, 20))]);
  }
  child.kill();
  await once(child, "close");
  assert.match(out, /^gate \d+: car 0\.91$/m);
});
