import assert from "node:assert/strict";
import { test } from "node:test";
import { openClient } from "../../src/client/client.js";
import { retryMs } from "../../src/client/link.js";
import type { ConnectionChange, ConnectOptions, FeedClient, FeedMessage, SocketEvent, SocketLike } from "../../src/client/index.js";
import { encodeVideoFrame } from "../../src/core/video-frame.js";
import { MESSAGES } from "../wire/messages.js";
import { manualClock } from "../support/manual-clock.js";

/** A socket whose other end is the test. */
interface FakeSocket extends SocketLike {
  readonly sent: { type: string; [key: string]: unknown }[];
  isClosed: boolean;
  tell(type: "open" | "message" | "close" | "error", event?: SocketEvent): void;
  message(message: object): void;
}

function fakeSocket(): FakeSocket {
  const listeners = new Map<string, (event: SocketEvent) => void>();
  const socket: FakeSocket = {
    binaryType: "",
    sent: [],
    isClosed: false,
    send: (text) => void socket.sent.push(JSON.parse(text) as { type: string }),
    close: () => void (socket.isClosed = true),
    addEventListener: (type, listener) => void listeners.set(type, listener),
    tell: (type, event = {}) => listeners.get(type)?.(event),
    message: (message) => socket.tell("message", { data: JSON.stringify(message) }),
  };
  return socket;
}

/** A client whose sockets the test holds; chance is always the middle. */
function testClient(options: ConnectOptions = {}) {
  const clock = manualClock();
  const sockets: FakeSocket[] = [];
  const changes: ConnectionChange[] = [];
  const makeSocket = (): Promise<SocketLike> => {
    const socket = fakeSocket();
    sockets.push(socket);
    return Promise.resolve(socket);
  };
  const client: FeedClient = openClient(makeSocket, options, { clock, random: () => 0.5 });
  client.on("connection", (change) => changes.push(change));
  const opened = async (message: object = MESSAGES.Hello): Promise<FakeSocket> => {
    await Promise.resolve();
    const socket = sockets.at(-1)!;
    socket.tell("open");
    socket.message(message);
    return socket;
  };
  return { client, clock, sockets, changes, opened };
}

test("waits double up to 15 s, and are anything between nothing and that", () => {
  assert.deepEqual([1, 2, 3, 6, 50].map((failures) => retryMs(failures, 1)), [500, 1000, 2000, 15_000, 15_000]);
  assert.equal(retryMs(3, 0), 0);
});

test("after a loss it comes back by itself and subscribes again from where it stood", async () => {
  const { client, clock, changes, opened } = testClient({ subscribe: { topics: ["detections"], minScore: 0.5 } });
  const first = await opened();
  client.subscribe({ id: "states", topics: ["state"], streams: ["yard"] });
  assert.deepEqual(first.sent, [{ type: "subscribe", topics: ["detections"], minScore: 0.5 }, { type: "subscribe", id: "states", topics: ["state"], streams: ["yard"] }]);
  first.message({ ...MESSAGES.FrameRecord, frame: 1841 });
  first.message({ ...MESSAGES.GapRecord, toFrame: 1900, epoch: 4 });
  first.tell("close", { code: 1013, reason: "nothing was read for 15 s" });
  assert.deepEqual(changes.splice(0), [{ state: "open" }, { state: "waiting", retryInMs: 250, reason: "nothing was read for 15 s (1013)" }]);
  clock.advance(250);
  const second = await opened();
  assert.deepEqual(second.sent, [
    { type: "subscribe", topics: ["detections"], minScore: 0.5, since: { gate: { epoch: 4, frame: 1900 } } },
    { type: "subscribe", id: "states", topics: ["state"], streams: ["yard"] },
  ]);
});

test("a server that was started anew is asked for nothing of before", async () => {
  const { client, clock, opened } = testClient({ subscribe: {} });
  (await opened()).message(MESSAGES.FrameRecord);
  client.on("connection", () => undefined);
  (await opened()).tell("close");
  clock.advance(1000);
  const second = await opened({ ...MESSAGES.Hello, instance: "another" });
  assert.deepEqual(second.sent, [{ type: "subscribe" }]);
});

test("failures make the wait longer; a connection that lived makes it short again", async () => {
  const { clock, sockets, changes, opened } = testClient();
  for (let n = 0; n < 3; n += 1) {
    await Promise.resolve();
    sockets.at(-1)!.tell("error", { message: "refused" });
    sockets.at(-1)!.tell("close", { code: 1006 });
    clock.advance(15_000);
  }
  const waits = changes.flatMap(({ retryInMs, reason }) => (retryInMs === undefined ? [] : [[retryInMs, reason]]));
  assert.deepEqual(waits, [[250, "refused"], [500, "refused"], [1000, "refused"]]);
  const socket = await opened();
  clock.advance(5_000);
  socket.tell("close", { code: 1001, reason: "" });
  assert.deepEqual(changes.at(-1), { state: "waiting", retryInMs: 250, reason: "the connection was lost (1001)" });
});

test("a server that says nothing is asked, and left when it stays silent", async () => {
  const { clock, changes, opened } = testClient();
  const socket = await opened();
  clock.advance(20_000);
  assert.deepEqual(socket.sent, [{ type: "ping" }]);
  socket.message(MESSAGES.Pong);
  clock.advance(39_999);
  assert.equal(socket.isClosed, false);
  clock.advance(1);
  assert.equal(socket.isClosed, true);
  assert.equal(changes.at(-1)?.reason, "nothing was heard for 40 s");
});

test("a connection that does not come is given up after 15 s", async () => {
  const { clock, sockets, changes } = testClient();
  await Promise.resolve();
  clock.advance(15_000);
  assert.equal(sockets[0]!.isClosed, true);
  assert.deepEqual(changes, [{ state: "waiting", retryInMs: 250, reason: "no connection within 15 s" }]);
});

test("each message is an event of its own type, and a message", async () => {
  const { client, opened } = testClient();
  const seen: string[] = [];
  for (const event of ["hello", "subscribed", "snapshot", "detections", "event", "stateRecord", "stats", "log", "gap", "error"] as const) client.on(event, () => seen.push(event));
  const undo = client.on("message", ({ type }) => seen.push(`message ${type}`));
  const socket = await opened();
  const { Hello: _, Subscribed, Snapshot, FrameRecord, EventRecord, StateRecord, StatsRecord, LogRecord, GapRecord, Error: Refusal } = MESSAGES;
  for (const one of [Subscribed, Snapshot, FrameRecord]) socket.message(one);
  undo();
  for (const one of [EventRecord, StateRecord, StatsRecord, LogRecord, GapRecord, Refusal]) socket.message(one);
  assert.deepEqual(seen, [
    "hello", "message hello", "subscribed", "message subscribed", "snapshot", "message snapshot", "detections", "message frame",
    "event", "stateRecord", "stats", "log", "gap", "error",
  ]);
});

test("pictures are acknowledged once the listeners have returned, or by hand", async () => {
  const message = encodeVideoFrame({ stream: "gate", epoch: 3, frame: 7, ptsMs: null, widthPx: 4, heightPx: 4, lookedAt: true, jpeg: Uint8Array.of(1, 2) });
  for (const ackVideo of ["auto", "manual"] as const) {
    const { client, opened } = testClient({ ackVideo });
    const got: number[] = [];
    const socket = await opened();
    client.on("video", ({ frame }) => got.push(frame, socket.sent.length));
    socket.tell("message", { data: message.buffer });
    assert.deepEqual(got, [7, 0]);
    assert.deepEqual(socket.sent, ackVideo === "auto" ? [{ type: "ack", stream: "gate", frame: 7 }] : []);
    if (ackVideo === "manual") client.ack({ stream: "gate", frame: 7 });
    assert.equal(socket.sent.length, 1);
  }
});

test("after close nothing is tried any more, and every iteration ends", async () => {
  const { client, clock, sockets, changes, opened } = testClient();
  const iteration = client[Symbol.asyncIterator]();
  const socket = await opened();
  assert.equal(((await iteration.next()).value as FeedMessage | undefined)?.type, "hello");
  const next = iteration.next();
  client.close();
  client.close();
  assert.deepEqual(await next, { done: true, value: undefined });
  socket.tell("close", { code: 1005 });
  clock.advance(60_000);
  assert.deepEqual([sockets.length, socket.isClosed, client.state, changes.at(-1)], [1, true, "closed", { state: "closed" }]);
  assert.deepEqual(await client[Symbol.asyncIterator]().next(), { done: true, value: undefined });
});
