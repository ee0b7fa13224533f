import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import { systemClock } from "../../src/core/clock.js";
import { recordSchema, type StateRecord } from "../../src/wire/index.js";
import { openSession, type Notice } from "../../src/session/index.js";
import { directSink } from "../../src/sinks/index.js";
import { constantModel } from "../support/models.js";
import { settings } from "../support/session.js";
import { until } from "../support/until.js";

/** A port of this machine at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

test("a session opens on a camera that is not there, tells its states as records and figures without its password, and ends when told", { timeout: 60_000 }, async () => {
  const states: StateRecord[] = [];
  const notices: Notice[] = [];
  const sink = directSink("states", ({ record }) => void (record.type === "state" && states.push(recordSchema.parse(record) as StateRecord)));
  const stop = new AbortController();
  const source = `rtsp://me:hunter2@127.0.0.1:${await deadPort()}/gate`;
  const options = settings({ sources: [source], model: { path: constantModel(0) }, live: { backoffMinMs: 10, backoffMaxMs: 20 } });
  await using session = await openSession(options, { signal: stop.signal, clock: systemClock, version: "test", notice: (one) => void notices.push(one), extraSinks: [sink] });
  await until(() => states.length >= 4, "retries");
  const [stats] = session.stats();
  assert.deepEqual([stats?.state, stats?.error?.code], ["reconnecting", "E_SOURCE_REFUSED"]);
  stop.abort();
  const [last] = await session.done;
  assert.deepEqual([last?.state, last?.error?.code], ["ended", "E_SOURCE_REFUSED"]);
  // Whether there is a gate, then each cause once, however many retries.
  assert.deepEqual(notices.map(({ level, code }) => [level, code]), [["info", undefined], ["warn", "E_SOURCE_REFUSED"]]);
  assert.deepEqual(states.slice(0, 3).map(({ state, reason, attempt, epoch }) => [state, reason, attempt, epoch]), [
    ["connecting", undefined, undefined, 1],
    ["reconnecting", "E_SOURCE_REFUSED", 1, 1],
    ["reconnecting", "E_SOURCE_REFUSED", 2, 1],
  ]);
  assert.equal(states.at(-1)?.state, "ended");
  assert.match(states[1]?.message ?? "", /next try in \d+\.\d s$/);
  assert.doesNotMatch(JSON.stringify([states, stats, notices]), /hunter2/);
});

/** A session whose state records are kept; with a page, which gets them as a client would. */
async function sessionOf(some: Record<string, unknown>, stop: AbortController) {
  const states: StateRecord[] = [];
  const lines: string[] = [];
  const sink = directSink("all", ({ record }) => {
    lines.push(record.type);
    if (record.type === "state") states.push(record);
  });
  const options = settings({ model: { path: constantModel(0) }, inference: { workers: 1 }, ...some });
  const session = await openSession(options, { signal: stop.signal, clock: systemClock, version: "test", notice: () => undefined, extraSinks: [sink] });
  return { session, states, lines };
}

test("a live stream that is stopped while it is being changed, or before it has a state, still gets its last state record", { timeout: 60_000 }, async () => {
  const stop = new AbortController();
  const { session, states } = await sessionOf({ streams: { bars: { source: "test:bars?size=64x48&rate=20" } } }, stop);
  await using _session = session;
  await until(() => states.some(({ state }) => state === "live"), "live");
  const changing = session.change("bars", { source: "test:testsrc?size=64x48&rate=20" }).catch(() => undefined);
  stop.abort();
  await changing;
  await session.done;
  assert.deepEqual(states.map(({ state }) => state).slice(-1), ["ended"]);
  assert.equal(states.filter(({ state }) => state === "ended").length, 1);
  assert.equal(session.stats()[0]?.state, "ended");
});

test("a file's states are on the feed, and its records stay one line a frame", { timeout: 60_000 }, async () => {
  const stop = new AbortController();
  const { session, lines } = await sessionOf({ sources: ["test:numbered?frames=20000"], serve: { port: 0 } }, stop);
  await using _session = session;
  const told: string[] = [];
  const socket = new WebSocket(`${String(session.url).replace("http", "ws")}ws`, "sightline.v1");
  socket.on("open", () => socket.send(JSON.stringify({ type: "subscribe", streams: ["*"], topics: ["state"] })));
  socket.on("message", (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; state: string; epoch: number };
    if (message.type === "state") told.push(`${message.state} ${message.epoch}`);
  });
  await session.done;
  await until(() => told.includes("ended 1"), "the end on the feed");
  assert.deepEqual([...new Set(lines)], ["frame"]);
  socket.terminate();
});
