import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { test } from "node:test";
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
  // Each cause once, however many retries.
  assert.deepEqual(notices.map(({ level, code }) => [level, code]), [["warn", "E_SOURCE_REFUSED"]]);
  assert.deepEqual(states.slice(0, 3).map(({ state, reason, attempt, epoch }) => [state, reason, attempt, epoch]), [
    ["connecting", undefined, undefined, 1],
    ["reconnecting", "E_SOURCE_REFUSED", 1, 1],
    ["reconnecting", "E_SOURCE_REFUSED", 2, 1],
  ]);
  assert.equal(states.at(-1)?.state, "ended");
  assert.match(states[1]?.message ?? "", /next try in \d+\.\d s$/);
  assert.doesNotMatch(JSON.stringify([states, stats, notices]), /hunter2/);
});
