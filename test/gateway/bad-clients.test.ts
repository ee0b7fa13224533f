import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectTcp, type Socket } from "node:net";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import type WebSocket from "ws";
import { openGateway, type Gateway } from "../../src/gateway/index.js";
import { publishedFrame } from "../wire/records.js";
import { manualClock } from "../support/manual-clock.js";
import { until } from "../support/until.js";
import { within } from "../rig/deadline.js";
import { connect, openTestGateway, subscribeToAll, type TestClient } from "./clients.js";

const WAIT_MS = 60_000;

const closing = async (socket: WebSocket): Promise<[code: number, reason: string]> => {
  const [code, reason] = (await within(WAIT_MS, "close", once(socket, "close"))) as [number, Buffer];
  return [code, reason.toString()];
};

/** Bytes as a client's socket would send them: masked with zeros, so that they stand there as they are. */
function frameBytes(first: number, payload: Buffer, length = payload.length): Buffer {
  assert.ok(length < 65_536);
  const head = length < 126 ? Buffer.of(first, 0x80 | length) : Buffer.of(first, 0x80 | 126, length >> 8, length & 0xff);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}
const FINAL_TEXT = 0x81;
const COMPRESSED_TEXT = 0xc1;

const raw = (client: TestClient): Socket => (client.socket as unknown as { readonly _socket: Socket })._socket;

const BAD: [what: string, send: (client: TestClient) => void, code: number][] = [
  ["a binary message", ({ socket }) => socket.send(Buffer.from('{"type":"ping"}')), 1003],
  ["text that is not UTF-8", (client) => raw(client).write(frameBytes(FINAL_TEXT, Buffer.of(0xc3, 0x28))), 1007],
  ["a message beyond 64 KiB", (client) => client.send("x".repeat(64 * 1024 + 1)), 1009],
  ["a message in more than 64 fragments", ({ socket }) => {
    for (let n = 0; n < 70; n += 1) socket.send("[", { fin: false });
  }, 1008],
  ["a compressed bomb, which was not agreed on", (client) => raw(client).write(frameBytes(COMPRESSED_TEXT, deflateRawSync(Buffer.alloc(10_000_000)).subarray(0, 9000))), 1002],
  ["10,000 subscribes", (client) => {
    for (let n = 0; n < 10_000; n += 1) client.send({ type: "subscribe", id: `s${n}` });
  }, 1008],
];

for (const [what, send, code] of BAD) {
  test(`${what}: its sender is closed with ${code}, and nobody else`, async () => {
    await using gateway = await openTestGateway();
    using other = await connect(gateway);
    using client = await connect(gateway);
    const closed = closing(client.socket);
    send(client);
    assert.equal((await closed)[0], code);
    await subscribeToAll(other);
    await until(() => gateway.clientCount === 1, "the seat to be free");
  });
}

test("what a client says after our goodbye costs nothing", async () => {
  await using gateway = await openTestGateway();
  using client = await connect(gateway);
  const warnings: string[] = [];
  const warned = ({ message }: Error): void => void warnings.push(message);
  process.on("warning", warned);
  const closed = closing(client.socket);
  // In one piece, so that all of it is there before the goodbye is answered.
  raw(client).write(Buffer.concat(Array.from({ length: 50 }, () => frameBytes(0x82, Buffer.from("x")))));
  assert.equal((await closed)[0], 1003);
  process.off("warning", warned);
  assert.deepEqual(warnings, []);
});

const NOT_UNDERSTOOD: [what: string, text: string, code: string][] = [
  ["malformed JSON", "subscribe please", "E_REQUEST"],
  ["a wrong type", '{"type":"subscribe","streams":"gate"}', "E_REQUEST"],
  ["deep nesting", `{"type":"subscribe","streams":${"[".repeat(30_000)}${"]".repeat(30_000)}}`, "E_REQUEST"],
  ["an unknown stream", '{"type":"subscribe","streams":["garden"]}', "E_STREAM_UNKNOWN"],
];

for (const [what, text, code] of NOT_UNDERSTOOD) {
  test(`${what} is answered with ${code}, and the connection stays`, async () => {
    await using gateway = await openTestGateway();
    using client = await connect(gateway);
    client.send(text);
    assert.equal((await client.until(({ type }) => type === "error"))["code"], code);
    await subscribeToAll(client);
  });
}

/** The first line of the answer to some bytes. */
async function answerTo(gateway: Gateway, request: string): Promise<string> {
  const { port } = new URL(gateway.url);
  const socket = connectTcp(Number(port), "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(request.replaceAll("\n", "\r\n"));
  const [data] = (await within(WAIT_MS, "answer", once(socket, "data"))) as [Buffer];
  socket.destroy();
  return data.toString().split("\r\n")[0]!;
}

test("an upgrade without a key, or of another version, is 400; without a socket's headers the address is 404", async () => {
  await using gateway = await openTestGateway();
  const upgrade = (more: string): string => `GET /ws HTTP/1.1\nHost: localhost\nConnection: Upgrade\nUpgrade: websocket\n${more}\n\n`;
  assert.match(await answerTo(gateway, upgrade("Sec-WebSocket-Version: 13")), /^HTTP\/1.1 400 /);
  assert.match(await answerTo(gateway, upgrade("Sec-WebSocket-Version: 3\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")), /^HTTP\/1.1 4\d\d /);
  assert.match(await answerTo(gateway, "GET /ws HTTP/1.1\nHost: localhost\n\n"), /^HTTP\/1.1 404 /);
  assert.equal(gateway.clientCount, 0);
});

test("a client whose other end is gone without a word is cut off when its second ping is due", async () => {
  const clock = manualClock();
  await using gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0" }, { clock });
  using halfOpen = await connect(gateway);
  raw(halfOpen).pause();
  clock.advance(20_000);
  assert.equal(gateway.clientCount, 1);
  clock.advance(20_000);
  await until(() => gateway.clientCount === 0, "the seat to be free");
});

test("a client that never reads is closed with 1013, which it finds behind what it did not read", async () => {
  const clock = manualClock();
  await using gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0" }, { clock });
  using sleeper = await connect(gateway);
  await subscribeToAll(sleeper);
  raw(sleeper).pause();
  const closed = closing(sleeper.socket);
  // Until the system takes no more, and our queue is full.
  for (let frame = 0; gateway.loads()[0]?.lostRecords === 0; frame += 1) {
    gateway.publish(publishedFrame(frame, {}, Array.from({ length: 600 }, (_, i) => i)));
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (let second = 0; second < 16; second += 1) clock.advance(1000);
  raw(sleeper).resume();
  assert.deepEqual(await closed, [1013, "nothing was read for 15 s"]);
  await until(() => gateway.clientCount === 0, "the client to be gone");
  assert.match(await (await fetch(`${gateway.url}metrics`)).text(), /^sightline_feed_lost_records_total [1-9]\d*$/m, "what it lost is still counted");
});
