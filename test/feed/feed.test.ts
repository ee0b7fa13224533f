import assert from "node:assert/strict";
import { test } from "node:test";
import type { Access } from "../../src/core/access.js";
import { published, stateRecord, statsRecord, toLine, type EventRecord, type LogRecord } from "../../src/wire/index.js";
import { CAPTURED_AT_MS, stats } from "../wire/records.js";
import { MESSAGES } from "../wire/messages.js";
import { objectsOf, seen, testFeed } from "./feeds.js";
import { inWords, payloadOf } from "./wires.js";

const VIEWER: Access = { role: "viewer", streams: ["gate"] };
const statsOf = (stream: string) => published(statsRecord({ ...stats, stream }, CAPTURED_AT_MS));
const stateOf = (stream: string) => published(stateRecord(stream, { state: "live", epoch: 1 }, CAPTURED_AT_MS));
const picture = (stream: string, frame: number) => ({ stream, epoch: 1, frame, ptsMs: null, widthPx: 4, heightPx: 4, lookedAt: true, jpeg: new Uint8Array(8) });
const event = published(MESSAGES.EventRecord as EventRecord);
const logLine = (message: string, stream?: string) => published({ v: 1, type: "log", level: "info", ...(stream && { stream }), message, at: "2026-11-20T10:00:00.123Z" });

test("the greeting tells protocol, limits and streams", () => {
  const { connect } = testFeed();
  const [hello, ...others] = connect().fresh();
  assert.deepEqual(hello, {
    type: "hello", protocol: "sightline.v1", version: "1.2.3", instance: "ab12", serverTime: "2026-11-20T10:00:00.123Z",
    limits: { requestBytes: 65_536, subscriptions: 16, queueBytes: 1_048_576, queueAgeMs: 10_000, stalledMs: 15_000, historyFrames: 600 },
    streams: ["gate", "yard"],
  });
  assert.deepEqual(others, []);
});

test("a subscription is told as it was understood, then comes what is so now, then what comes", () => {
  const { feed, connect } = testFeed();
  const [older, newest] = [seen(0), seen(1)];
  for (const one of [older, newest, statsOf("gate"), statsOf("yard"), stateOf("gate")]) feed.publish(one);
  const client = connect();
  client.fresh();
  client.ask({ type: "subscribe", topics: ["detections", "state", "stats"], streams: ["gate"] });
  const next = seen(2);
  feed.publish(next);
  feed.publish(seen(0, [], "yard"));
  feed.publish(event);
  assert.deepEqual(client.fresh(), [
    { type: "subscribed", id: "main", streams: ["gate"], topics: ["detections", "state", "stats"], minScore: 0, empty: true, queue: "all" },
    { type: "snapshot", id: "main", streams: [{ stream: "gate", frame: newest.record, state: stateOf("gate").record, stats: statsOf("gate").record }] },
    next.record,
  ]);
});

test("classes and score take objects away at the server, empty frames go if they are not wanted", () => {
  const { feed, connect } = testFeed();
  const client = connect();
  client.ask({ type: "subscribe", classes: ["car"], minScore: 0.5, empty: false });
  client.fresh();
  feed.publish(seen(0, [[2, 0.9], [0, 0.9], [2, 0.4]]));
  feed.publish(seen(1, [[0, 0.9]]));
  feed.publish(seen(2, [[2, 0.5]]));
  assert.deepEqual(client.fresh().map((message) => [message["frame"], objectsOf(message)]), [[0, ["car 0.9"]], [2, ["car 0.5"]]]);
  client.ask({ type: "subscribe", classes: ["car"] });
  client.fresh();
  feed.publish(seen(3, [[0, 0.9]]));
  assert.deepEqual(client.fresh().map((message) => [message["frame"], objectsOf(message)]), [[3, []]]);
});

test("a highest rate is kept evenly by the time of capture", () => {
  const { feed, connect } = testFeed();
  const client = connect();
  client.ask({ type: "subscribe", maxFps: 5 });
  client.fresh();
  for (let frame = 0; frame < 50; frame += 1) feed.publish(seen(frame)); // 25 fps
  assert.deepEqual(client.fresh().map(({ frame }) => frame), [0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
});

test("a record is serialised once for each distinct filter, and is the same bytes for all who share it", () => {
  const { feed, connect } = testFeed();
  const filters = [{}, {}, { minScore: 0.5, classes: ["car", "person"] }, { minScore: 0.5, classes: ["person", "car"] }, { minScore: 0.1 }];
  const clients = filters.map((filter) => {
    const client = connect();
    client.ask({ type: "subscribe", ...filter });
    return client;
  });
  feed.publish(seen(0, [[2, 0.9], [1, 0.9]]));
  const [whole, same, filtered, sameFiltered, takesNothing] = clients.map(({ wire }) => wire.buffers.at(-1)!);
  assert.equal(whole, same);
  assert.equal(filtered, sameFiltered);
  assert.equal(takesNothing, whole, "a filter that takes nothing away has nothing of its own");
  assert.notEqual(filtered, whole);
});

test("of several subscriptions the newest that names stream and topic decides, and a record comes once", () => {
  const { feed, connect } = testFeed();
  const client = connect();
  client.ask({ type: "subscribe", id: "all", minScore: 0.5 });
  client.ask({ type: "subscribe", id: "gate", streams: ["gate"], minScore: 0.1 });
  client.fresh();
  feed.publish(seen(0, [[2, 0.3]]));
  feed.publish(seen(0, [[2, 0.3]], "yard"));
  assert.deepEqual(client.fresh().map((message) => [message["stream"], objectsOf(message)]), [["gate", ["car 0.3"]], ["yard", []]]);
  client.ask({ type: "unsubscribe", id: "gate" });
  assert.deepEqual(client.fresh(), [{ type: "unsubscribed", id: "gate" }]);
  feed.publish(seen(1, [[2, 0.3]]));
  assert.deepEqual(objectsOf(client.fresh()[0]!), []);
});

test("what can't be followed is answered with a code and the request's id, and what stands goes on", () => {
  const { feed, connect } = testFeed();
  const client = connect();
  client.ask({ type: "subscribe", id: "stays" });
  client.fresh();
  const wrong: [request: string, code: string, message: RegExp, id?: string][] = [
    ["subscribe please", "E_REQUEST", /not JSON/],
    ['{"type":"shout","id":"x"}', "E_REQUEST", /type/, "x"],
    ['{"type":"subscribe","id":"x","topics":["gossip"]}', "E_REQUEST", /topics\.0/, "x"],
    ['{"type":"subscribe","id":"x","password":1}', "E_REQUEST", /password/, "x"],
    ['{"type":"subscribe","id":"x","minScore":"high"}', "E_REQUEST", /minScore/, "x"],
    ['{"type":"subscribe","id":"x","streams":["gate","garden"]}', "E_STREAM_UNKNOWN", /no stream "garden"/, "x"],
    ['{"type":"unsubscribe","id":"x"}', "E_REQUEST", /no subscription "x"/, "x"],
    ["[".repeat(60_000), "E_REQUEST", /not JSON/],
    [`${'{"a":'.repeat(10_000)}1${"}".repeat(10_000)}`, "E_REQUEST", /./],
    [`{"type":"subscribe","id":"${"x".repeat(65)}"}`, "E_REQUEST", /id/],
  ];
  for (const [request, code, message, id] of wrong) {
    client.request(request);
    const [error, ...others] = client.fresh();
    assert.deepEqual([error?.type, error?.["code"], error?.["id"], others], ["error", code, id, []], request.slice(0, 80));
    assert.match(String(error?.["message"]), message);
    assert.ok(String(error?.["message"]).length <= 500);
  }
  feed.publish(seen(0));
  assert.deepEqual(client.fresh().map(inWords), ["gate 0"]);
});

test("sixteen subscriptions may stand; one of them may be replaced, no seventeenth begun", () => {
  const { connect } = testFeed();
  const client = connect();
  for (let n = 0; n < 16; n += 1) client.ask({ type: "subscribe", id: `s${n}` });
  client.fresh();
  client.ask({ type: "subscribe", id: "s16" });
  client.ask({ type: "subscribe", id: "s3" });
  assert.deepEqual(client.fresh().map(({ type, id }) => [type, id]), [["error", "s16"], ["subscribed", "s3"], ["snapshot", "s3"]]);
});

test("10,000 subscribes at once end the connection with 1008 after 200, and leave nothing behind", () => {
  const { feed, connect } = testFeed();
  const client = connect();
  for (let n = 0; n < 10_000; n += 1) client.ask({ type: "subscribe", minScore: n / 10_000 });
  assert.deepEqual(client.wire.closed, [[1008, "too many requests"]]);
  assert.equal(client.fresh().filter(({ type }) => type === "subscribed").length, 200);
  client.gone();
  assert.deepEqual(feed.loads(), []);
});

test("who asks steadily is not thrown out: 20 requests and 500 acknowledgements a second", () => {
  const { clock, connect } = testFeed();
  const client = connect();
  for (let second = 0; second < 60; second += 1) {
    for (let n = 0; n < 10; n += 1) client.ask({ type: "ping" });
    for (let n = 0; n < 500; n += 1) client.ask({ type: "ack", stream: "gate", frame: n });
    clock.advance(1000);
  }
  assert.deepEqual(client.wire.closed, []);
});

test("ping is answered with its id and the time", () => {
  const { connect } = testFeed();
  const client = connect();
  client.fresh();
  client.ask({ type: "ping", id: "p" });
  client.ask({ type: "ping" });
  const serverTime = "2026-11-20T10:00:00.123Z";
  assert.deepEqual(client.fresh(), [{ type: "pong", id: "p", serverTime }, { type: "pong", serverTime }]);
});

test("who may see one stream never hears of another: not in greeting, snapshot, records, figures, events, pictures or errors", () => {
  const { feed, connect } = testFeed();
  for (const stream of ["gate", "yard"]) for (const one of [seen(0, [[2, 0.9]], stream), statsOf(stream), stateOf(stream)]) feed.publish(one);
  const client = connect(VIEWER);
  client.ask({ type: "subscribe", topics: ["detections", "events", "state", "stats", "video"], since: { yard: { epoch: 1, frame: 0 }, gate: { epoch: 1, frame: 0 } } });
  feed.publish(seen(1, [[2, 0.9]], "yard"));
  for (const one of [statsOf("yard"), stateOf("yard"), published({ ...(MESSAGES.EventRecord as EventRecord), stream: "yard" }), logLine("the yard is down", "yard")]) feed.publish(one);
  feed.publishPicture(picture("yard", 1));
  client.ask({ type: "ack", stream: "yard", frame: 1 });
  client.ask({ type: "subscribe", id: "y", since: { yard: { epoch: 1, frame: 0 } } });
  assert.equal(Buffer.concat(client.wire.buffers).includes("yard"), false, Buffer.concat(client.wire.buffers).toString());
  assert.deepEqual(client.wire.pictures, []);
  assert.equal(feed.watchers("yard"), 0);
  client.ask({ type: "subscribe", id: "a", streams: ["yard"] });
  client.ask({ type: "subscribe", id: "a", streams: ["none"] });
  const errors = client.fresh().filter(({ type }) => type === "error").map(({ code, message }) => [code, message]);
  assert.deepEqual(errors, [["E_STREAM_UNKNOWN", 'there is no stream "yard"'], ["E_STREAM_UNKNOWN", 'there is no stream "none"']]);
});

test("the log is for admins: its newest lines come with the snapshot, the others as they are told", () => {
  const { feed, connect } = testFeed({ logLines: 3 });
  for (const n of [1, 2, 3, 4]) feed.publish(logLine(`line ${n}`));
  const [admin, viewer] = [connect(), connect({ role: "viewer", streams: "*" })];
  for (const client of [admin, viewer]) client.fresh();
  for (const client of [admin, viewer]) client.ask({ type: "subscribe", topics: ["log"] });
  feed.publish(logLine("line 5", "gate"));
  const [, snapshot, line] = admin.fresh();
  assert.deepEqual((snapshot?.["log"] as LogRecord[]).map(({ message }) => message), ["line 2", "line 3", "line 4"]);
  assert.equal(line?.["message"], "line 5");
  assert.deepEqual(viewer.fresh().map(({ type, code }) => [type, code]), [["error", "E_FORBIDDEN"]]);
});

test("events reach those who want them as they were told", () => {
  const { feed, connect } = testFeed();
  const client = connect();
  client.ask({ type: "subscribe", topics: ["events"] });
  client.fresh();
  feed.publish(event);
  assert.equal(payloadOf(client.wire.buffers.at(-1)!), toLine(event.record));
});

test("a client that takes nothing for the limit is closed with 1013; one that reads is not", () => {
  const { feed, clock, connect } = testFeed();
  const [sleeper, reader] = [connect(undefined, false), connect()];
  for (const client of [sleeper, reader]) client.ask({ type: "subscribe" });
  for (let frame = 0; frame < 16; frame += 1) {
    feed.publish(seen(frame));
    clock.advance(1000);
  }
  assert.deepEqual(sleeper.wire.closed, [[1013, "nothing was read for 15 s"]]);
  assert.deepEqual(reader.wire.closed, []);
});

test("the newest of a stream, and a frame of its past, can be asked for; not of one that is gone", () => {
  const { feed } = testFeed();
  assert.deepEqual(feed.latest("gate"), {});
  assert.equal(feed.latest("garden"), undefined);
  for (const one of [seen(0), seen(1), statsOf("gate"), stateOf("gate")]) feed.publish(one);
  assert.deepEqual(feed.latest("gate"), { frame: seen(1).record, state: stateOf("gate").record, stats: statsOf("gate").record });
  assert.deepEqual(feed.find("gate", 1, 0), seen(0).record);
  assert.equal(feed.find("gate", 2, 0), undefined);
  feed.forget("gate");
  assert.equal(feed.latest("gate"), undefined);
  assert.deepEqual(feed.latestStats(), []);
});

test("who watches inside the program counts as a watcher and gets every picture", () => {
  const { feed } = testFeed();
  const counts: number[] = [];
  using _listening = feed.onWatchersChange(() => counts.push(feed.watchers("gate")));
  const got: number[] = [];
  const watching = feed.watch("gate", ({ frame }) => got.push(frame));
  for (const frame of [0, 1]) feed.publishPicture(picture("gate", frame));
  feed.publishPicture(picture("yard", 7));
  watching[Symbol.dispose]();
  feed.publishPicture(picture("gate", 2));
  assert.deepEqual([got, counts], [[0, 1], [1, 0]]);
});
