import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket, { type ClientOptions } from "ws";
import { systemClock } from "../../src/core/clock.js";
import type { VideoFrame } from "../../src/core/video-frame.js";
import { openGateway, type Gateway } from "../../src/gateway/index.js";
import { published, statsRecord } from "../../src/wire/index.js";
import { CAPTURED_AT_MS, publishedFrame, stats } from "../wire/records.js";
import { manualClock } from "../support/manual-clock.js";
import { collectGarbage } from "../support/garbage.js";
import { until } from "../support/until.js";
import { connect, openTestGateway, subscribeToAll } from "./clients.js";

const picture = (frame: number, sizeBytes = 1000): VideoFrame => ({
  stream: "gate",
  epoch: 1,
  frame,
  ptsMs: null,
  widthPx: 960,
  heightPx: 540,
  lookedAt: true,
  jpeg: new Uint8Array(sizeBytes),
});
const statsOf = (stream: string) => published(statsRecord({ ...stats, stream }, CAPTURED_AT_MS));

test("a client is greeted with the protocol and the known streams", async () => {
  await using gateway = await openTestGateway({ version: "1.2.3", streams: ["gate"] });
  gateway.publish(publishedFrame(0, { stream: "yard" }));
  using client = await connect(gateway);
  assert.equal(client.socket.protocol, "sightline.v1");
  assert.deepEqual(client.messages.map(({ type, version, streams }) => [type, version, streams]), [["hello", "1.2.3", ["gate", "yard"]]]);
});

test("a client gets what it subscribed to and nothing else, and the newest figures at once", async () => {
  await using gateway = await openTestGateway();
  gateway.publish(statsOf("gate"));
  gateway.publish(statsOf("yard"));
  using client = await connect(gateway);
  client.send({ type: "subscribe", streams: ["gate"], topics: ["detections", "stats"] });
  const snapshot = await client.until(({ type }) => type === "snapshot");
  assert.deepEqual(snapshot["streams"], [{ stream: "gate", stats: statsOf("gate").record }]);
  gateway.publish(publishedFrame(0, { stream: "yard" }));
  gateway.publishPicture(picture(0));
  const { line, record } = publishedFrame(1, {}, [1, 2, 3, 4]);
  gateway.publish({ line, record });
  assert.deepEqual(await client.until(({ type }) => type === "frame"), record);
  assert.deepEqual(
    client.messages.map(({ type, stream }) => (typeof stream === "string" ? `${type} ${stream}` : type)),
    ["hello", "subscribed", "snapshot", "frame gate"],
  );
  assert.equal(client.pictures.length, 0);
});

async function refusal(gateway: Gateway, path: string, protocols: string[], options: ClientOptions): Promise<number | undefined> {
  const socket = new WebSocket(gateway.url.replace("http", "ws") + path, protocols, options);
  socket.on("error", () => undefined);
  return new Promise((resolve) => {
    socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
    socket.on("open", () => resolve(undefined));
  }).finally(() => socket.terminate()) as Promise<number | undefined>;
}

test("foreign pages, foreign hosts, other paths and other protocols are turned away; tools without an origin are not", async () => {
  await using gateway = await openTestGateway();
  const { host } = new URL(gateway.url);
  const ours = ["sightline.v1"];
  assert.equal(await refusal(gateway, "ws", ours, { origin: "http://evil.example" }), 403);
  assert.equal(await refusal(gateway, "ws", ours, { headers: { host: "evil.example" } }), 403);
  assert.equal(await refusal(gateway, "elsewhere", ours, {}), 404);
  assert.equal(await refusal(gateway, "ws", ["mqtt"], {}), 400);
  assert.equal(await refusal(gateway, "ws", ours, { origin: `http://${host}` }), undefined);
  assert.equal(await refusal(gateway, "ws?x=1", [], {}), undefined);
});

test("one client too many is turned away with 503", async () => {
  await using gateway = await openTestGateway({ maxClients: 2 });
  using _first = await connect(gateway);
  using _second = await connect(gateway);
  assert.equal(await refusal(gateway, "ws", ["sightline.v1"], {}), 503);
});

test("one address too many is turned away with 429; a seat that is given back can be taken", async () => {
  await using gateway = await openTestGateway({ maxClients: 3, maxClientsPerAddress: 1 });
  using first = await connect(gateway);
  assert.equal(await refusal(gateway, "ws", ["sightline.v1"], {}), 429);
  using _other = await connect(gateway, { localAddress: "127.0.0.2" });
  first.socket.terminate();
  await until(() => gateway.clientCount === 1, "the seat to be free");
  assert.equal(await refusal(gateway, "ws", ["sightline.v1"], {}), undefined);
});

test("watchers are counted, and whoever asked is told when they come and go", async () => {
  await using gateway = await openTestGateway({ streams: ["gate", "yard"] });
  const counts: number[] = [];
  using _listening = gateway.onWatchersChange(() => counts.push(gateway.watchers("gate")));
  using client = await connect(gateway);
  assert.equal(gateway.watchers("gate"), 0);
  await subscribeToAll(client, ["video"]);
  assert.deepEqual([gateway.watchers("gate"), gateway.watchers("yard")], [1, 1]);
  client.send({ type: "subscribe", streams: ["yard"], topics: ["video"] });
  await client.until(({ type, streams }) => type === "subscribed" && String(streams) === "yard");
  assert.deepEqual([gateway.watchers("gate"), gateway.watchers("yard")], [0, 1]);
  const told = new Promise<void>((resolve) => gateway.onWatchersChange(resolve));
  client.socket.terminate();
  await told;
  assert.equal(gateway.watchers("yard"), 0);
  assert.deepEqual(counts, [1, 0, 0]);
});

test("a client gets its next picture when it has acknowledged the last, and then the newest", async () => {
  await using gateway = await openTestGateway();
  using client = await connect(gateway);
  await subscribeToAll(client, ["video"]);
  for (let frame = 0; frame < 10; frame += 1) gateway.publishPicture(picture(frame));
  await client.untilPictures(1);
  client.send({ type: "ack", stream: "gate", frame: 0 });
  await client.untilPictures(2);
  assert.deepEqual(client.pictures.map((message) => message.readUInt32LE(8)), [0, 9]);
});

test("a client that never reads costs bounded memory and takes nothing from the others", async () => {
  const FRAMES = 3000;
  // Far more than the system itself holds for a socket that nobody reads (some 10 MB on Linux).
  const OBJECTS = 150;
  await using gateway = await openTestGateway();
  using reader = await connect(gateway);
  using sleeper = await connect(gateway);
  await subscribeToAll(reader);
  await subscribeToAll(sleeper);
  sleeper.socket.pause();
  collectGarbage();
  const before = process.memoryUsage();
  let publishedBytes = 0;
  for (let frame = 0; frame < FRAMES; frame += 1) {
    const record = publishedFrame(frame, {}, Array.from({ length: OBJECTS * 4 }, (_, i) => 100 + i));
    publishedBytes += record.line.length;
    gateway.publish(record);
    gateway.publishPicture(picture(frame, 10_000));
    publishedBytes += 10_000;
    if (frame % 100 === 99) await reader.until((message) => message["frame"] === frame);
    if (frame % 100 === 99) reader.messages.splice(0, reader.messages.length - 1);
  }
  assert.ok(publishedBytes > 50_000_000, `${publishedBytes} bytes were published`);
  collectGarbage();
  const after = process.memoryUsage();
  const grownBytes = after.arrayBuffers - before.arrayBuffers;
  // What the collector has not seen yet comes on top of a few MB; without a bound it would be all that was published.
  assert.ok(grownBytes < 25_000_000, `buffers grew by ${grownBytes} bytes`);
  assert.equal(reader.messages.some(({ type }) => type === "gap"), false);
  const most = Math.max(...gateway.loads().map(({ queuedBytes, socketBytes }) => queuedBytes + socketBytes));
  assert.ok(most < 1.5 * 1024 * 1024, `${most} bytes wait for one client`);
  sleeper.socket.resume();
  await sleeper.until((message) => message["frame"] === FRAMES - 1);
  const frames = sleeper.messages.filter(({ type }) => type === "frame").length;
  const lost = sleeper.messages.filter(({ type }) => type === "gap").reduce((sum, gap) => sum + Number(gap["records"]), 0);
  assert.ok(lost > 0);
  assert.equal(frames + lost, FRAMES, "what was lost was announced");
});

test("a client that does not answer pings is cut off when the second is due, one that does stays", async () => {
  const clock = manualClock();
  await using gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0" }, { clock });
  using dead = await connect(gateway, { autoPong: false });
  using alive = await connect(gateway);
  const pinged = Promise.all([once(dead.socket, "ping"), once(alive.socket, "ping")]);
  clock.advance(20_000);
  await pinged;
  await subscribeToAll(alive); // its pong went out before
  clock.advance(20_000);
  const [code] = (await once(dead.socket, "close")) as [number];
  assert.equal(code, 1006);
  assert.equal(alive.socket.readyState, WebSocket.OPEN);
});

test("at the end everything published has arrived before the goodbye 1001, and no client holds it up", async () => {
  const gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0" }, { clock: systemClock });
  using client = await connect(gateway);
  using sleeper = await connect(gateway);
  await subscribeToAll(client);
  sleeper.socket.pause();
  for (let frame = 0; frame < 1000; frame += 1) gateway.publish(publishedFrame(frame));
  const closed = once(client.socket, "close") as Promise<[number]>;
  const started = performance.now();
  await gateway[Symbol.asyncDispose]();
  const tookMs = performance.now() - started;
  assert.ok(tookMs < 1000, `closing took ${tookMs} ms`);
  assert.equal((await closed)[0], 1001);
  assert.equal(client.messages.at(-1)?.["frame"], 999);
});
