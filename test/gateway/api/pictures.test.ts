import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { openGateway, type Gateway } from "../../../src/gateway/index.js";
import { decodeStill, encodeJpeg } from "../../../src/picture/index.js";
import { frameRecord, published } from "../../../src/wire/index.js";
import { manualClock } from "../../support/manual-clock.js";
import { until } from "../../support/until.js";
import { context, detected, header } from "../../wire/records.js";
import { rawConnection } from "../door.js";
import { fakeControl, openApi } from "./world.js";

const SOURCE = { widthPx: 1280, heightPx: 720 };
const JPEG = { widthPx: 320, heightPx: 180 };
const GREY = 128;
const grey = await encodeJpeg({ ...JPEG, data: new Uint8Array(JPEG.widthPx * JPEG.heightPx * 3).fill(GREY), channels: 3 }, 90);

/** A box of its own for each frame, far from the others, in source pixels. */
const boxOf = (frame: number): number[] => [200 + frame * 160, 280, 320 + frame * 160, 480];

function send(gateway: Gateway, frame: number, withRecord = true): void {
  if (withRecord) gateway.publish(published(frameRecord(detected(header(frame, SOURCE), boxOf(frame)), context)));
  gateway.publishPicture({ stream: "gate", epoch: 1, frame, ptsMs: frame * 40, ...JPEG, lookedAt: withRecord, jpeg: grey });
}

const isWatched = (gateway: Gateway): Promise<void> => until(() => gateway.watchers("gate") === 1, "somebody to watch gate");

/** Columns of the row through the middle of all boxes where the picture is not grey. */
async function colouredColumns(jpeg: Uint8Array): Promise<{ widthPx: number; heightPx: number; columns: number[] }> {
  const { data, widthPx, heightPx } = await decodeStill(jpeg);
  const row = Math.round(heightPx * (380 / SOURCE.heightPx)) * widthPx * 3;
  const columns = Array.from({ length: widthPx }, (_, x) => x).filter((x) => [0, 1, 2].some((channel) => Math.abs(data[row + x * 3 + channel]! - GREY) > 40));
  return { widthPx, heightPx, columns };
}

async function snapshot(query: string, play: (gateway: Gateway) => void): Promise<Response> {
  await using api = await openApi();
  const answer = api.ask(`api/v1/streams/gate/snapshot${query}`);
  await isWatched(api.gateway);
  play(api.gateway);
  const response = await answer;
  const copy = new Response(await response.arrayBuffer(), response);
  await until(() => api.gateway.watchers("gate") === 0, "nobody to watch any more");
  return copy;
}

test("a snapshot is the next picture, byte by byte, and says which frame it is", async () => {
  const response = await snapshot("", (gateway) => send(gateway, 5));
  assert.equal(response.headers.get("content-type"), "image/jpeg");
  assert.deepEqual(["frame", "epoch", "pts-ms", "looked-at"].map((key) => response.headers.get(`sightline-${key}`)), ["5", "1", "200", "1"]);
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), grey);
});

test("boxes are drawn where that very frame has them, though later frames have others", async () => {
  const response = await snapshot("?boxes=1", (gateway) => {
    gateway.publish(published(frameRecord(detected(header(1, SOURCE), boxOf(1)), context)));
    gateway.publish(published(frameRecord(detected(header(4, SOURCE), boxOf(4)), context)));
    send(gateway, 3);
  });
  assert.equal(response.headers.get("sightline-frame"), "3");
  const { columns } = await colouredColumns(new Uint8Array(await response.arrayBuffer()));
  const [left, right] = [boxOf(3)[0]! / 4, boxOf(3)[2]! / 4];
  assert.ok(columns.some((x) => Math.abs(x - left) <= 2) && columns.some((x) => Math.abs(x - right) <= 2), `columns ${columns.join()}, wanted ${left} and ${right}`);
  assert.ok(columns.every((x) => Math.abs(x - left) <= 3 || Math.abs(x - right) <= 3), `columns ${columns.join()}`);
});

test("a smaller picture keeps its shape and its boxes, a larger one is not made", async () => {
  const small = await snapshot("?boxes=1&width=160", (gateway) => send(gateway, 2));
  const { widthPx, heightPx, columns } = await colouredColumns(new Uint8Array(await small.arrayBuffer()));
  assert.deepEqual([widthPx, heightPx], [160, 90]);
  for (const edge of [boxOf(2)[0]! / 8, boxOf(2)[2]! / 8]) assert.ok(columns.some((x) => Math.abs(x - edge) <= 2), `columns ${columns.join()}, wanted ${edge}`);
  const large = await snapshot("?width=1920", (gateway) => send(gateway, 2));
  assert.deepEqual(Buffer.from(await large.arrayBuffer()), grey);
});

test("a frame that was not looked at has no boxes, not those of another", async () => {
  const response = await snapshot("?boxes=1", (gateway) => {
    gateway.publish(published(frameRecord(detected(header(1, SOURCE), boxOf(1)), context)));
    send(gateway, 2, false);
  });
  assert.equal(response.headers.get("sightline-looked-at"), "0");
  assert.deepEqual(Buffer.from(await response.arrayBuffer()), grey);
});

test("a stream that is over or paused has no picture to wait for", async () => {
  const control = fakeControl(["gate"]);
  const gate = control.get("gate")!;
  for (const state of ["ended", "failed", "paused"] as const) {
    await using api = await openApi({ ...control, get: () => ({ ...gate, stats: { ...gate.stats, state } }) });
    const response = await api.ask("api/v1/streams/gate/snapshot");
    assert.deepEqual([response.status, ((await response.json()) as { code: string }).code], [409, "E_NO_PICTURE"]);
  }
});

test("who goes before a picture came is not waited for", async () => {
  await using api = await openApi();
  const leaving = new AbortController();
  const answer = api.ask("api/v1/streams/gate/snapshot", { signal: leaving.signal });
  await isWatched(api.gateway);
  leaving.abort();
  await assert.rejects(answer);
  await until(() => api.gateway.watchers("gate") === 0, "the watch to end");
});

test("more than 32 who wait for a picture are turned away, and room comes back", async () => {
  await using api = await openApi();
  const waiting = Array.from({ length: 32 }, () => api.ask("api/v1/streams/gate/snapshot"));
  await until(() => api.gateway.watchers("gate") === 32, "32 to wait");
  const refused = await api.ask("api/v1/streams/gate/snapshot");
  assert.deepEqual([refused.status, ((await refused.json()) as { code: string }).code, refused.headers.get("retry-after")], [429, "E_TOO_MANY", "1"]);
  send(api.gateway, 1);
  assert.deepEqual((await Promise.all(waiting)).map(({ status }) => status), Array.from({ length: 32 }, () => 200));
  const again = api.ask("api/v1/streams/gate/snapshot");
  await isWatched(api.gateway);
  send(api.gateway, 2);
  assert.equal((await again).status, 200);
});

test("a connection that asks for one picture after another is held by none of them", async () => {
  await using api = await openApi();
  const warnings: string[] = [];
  const warned = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", warned);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const sockets = new Set<unknown>();
  for (let frame = 0; frame < 12; frame += 1) {
    const request = get(new URL("api/v1/streams/gate/snapshot", api.gateway.url), { agent });
    await isWatched(api.gateway);
    send(api.gateway, frame);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    sockets.add(response.socket);
    await buffer(response);
  }
  agent.destroy();
  process.off("warning", warned);
  assert.deepEqual([sockets.size, warnings], [1, []]);
});

test("MJPEG is one whole JPEG after another, each with its frame, until the reader goes", async () => {
  await using api = await openApi();
  const request = get(new URL("api/v1/streams/gate/mjpeg", api.gateway.url));
  const [response] = (await once(request, "response")) as [IncomingMessage];
  assert.equal(response.headers["content-type"], "multipart/x-mixed-replace; boundary=sightline-frame");
  assert.equal(response.headers["x-content-type-options"], "nosniff");
  let seen = "";
  response.setEncoding("latin1").on("data", (piece: string) => (seen += piece));
  await isWatched(api.gateway);
  for (const frame of [1, 2, 3]) {
    send(api.gateway, frame);
    await until(() => seen.includes(`sightline-frame: ${frame}\r\n`) && seen.endsWith("\r\n"), `frame ${frame}`);
  }
  const parts = seen.split("--sightline-frame\r\n").slice(1);
  assert.deepEqual(parts.map((part) => Buffer.from(part.split("\r\n\r\n").slice(1).join("\r\n\r\n").slice(0, -2), "latin1").equals(grey)), [true, true, true]);
  response.on("error", () => undefined);
  request.destroy();
  await until(() => api.gateway.watchers("gate") === 0, "the reader to be gone");
});

test("a reader of MJPEG that takes nothing for a minute is gone, and so is one that waited behind another on its connection", async () => {
  const clock = manualClock();
  await using gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0", control: () => fakeControl(["gate"]) }, { clock });
  const { socket } = rawConnection(gateway.url);
  socket.pause();
  socket.write("GET /api/v1/streams/gate/mjpeg HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2));
  await until(() => gateway.watchers("gate") === 2, "both to watch");
  // More than the system takes for who does not read.
  gateway.publishPicture({ stream: "gate", epoch: 1, frame: 1, ptsMs: 0, ...JPEG, lookedAt: false, jpeg: new Uint8Array(64 * 1024 * 1024) });
  await new Promise((resolve) => setImmediate(resolve));
  clock.advance(59_000);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(gateway.watchers("gate"), 2);
  clock.advance(1000);
  await until(() => gateway.watchers("gate") === 0, "both to be gone");
  socket.destroy();
});
