import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { openGateway, type Gateway } from "../../src/gateway/index.js";
import { asyncApiText } from "../../src/wire/index.js";
import { publishedFrame } from "../wire/records.js";
import { manualClock } from "../support/manual-clock.js";
import { until } from "../support/until.js";
import { openTestGateway } from "./clients.js";
import { rawConnection } from "./door.js";
import { inWords, type Sent } from "../feed/wires.js";

/** An answer that does not end, read as far as it is asked for. */
interface Reading extends AsyncDisposable {
  readonly response: Response;
  readonly text: string;
  /** Reads on until the text has something. */
  until(has: RegExp): Promise<RegExpExecArray>;
}

async function read(gateway: Gateway, path: string, headers: Record<string, string> = {}): Promise<Reading> {
  const stop = new AbortController();
  const response = await fetch(gateway.url + path, { headers, signal: stop.signal });
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let text = "";
  return {
    response,
    get text() {
      return text;
    },
    async until(has) {
      for (let found = has.exec(text); ; found = has.exec(text)) {
        if (found) return found;
        const { done, value } = await reader.read();
        assert.equal(done, false, `ended without ${has.source}: ${text}`);
        text += decoder.decode(value, { stream: true });
      }
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reader.cancel().catch(() => undefined);
    },
  };
}

const messagesOf = (text: string): Sent[] => [...text.matchAll(/^(?:data: )?(\{.*\})$/gm)].map(([, line]) => JSON.parse(line!) as Sent);

test("/api/stream gives a message a line: greeting, subscription, snapshot, then what comes, filtered", async () => {
  await using gateway = await openTestGateway({ streams: ["gate", "yard"] });
  await using lines = await read(gateway, "api/stream?streams=gate&topics=detections,state&minScore=0.5&maxFps=1000&empty=false&classes=car,bicycle&queue=latest");
  assert.equal(lines.response.headers.get("content-type"), "application/x-ndjson; charset=utf-8");
  assert.equal(lines.response.headers.get("x-content-type-options"), "nosniff");
  await lines.until(/"snapshot".*\n/);
  gateway.publish(publishedFrame(0));
  gateway.publish(publishedFrame(1, { stream: "yard" }, [1, 2, 3, 4]));
  gateway.publish(publishedFrame(2, {}, [1, 2, 3, 4]));
  await lines.until(/"type":"frame".*\n/);
  const [hello, subscribed, snapshot, frame] = messagesOf(lines.text);
  assert.deepEqual([hello, snapshot, frame].map((one) => inWords(one!)), ["hello", "snapshot", "gate 2"]);
  assert.deepEqual(subscribed, {
    type: "subscribed", id: "main", streams: ["gate"], topics: ["detections", "state"], minScore: 0.5, maxFps: 1000, empty: false, classes: ["car", "bicycle"], queue: "latest",
  });
});

test("/api/events gives server-sent events that resume from the id that came last", async () => {
  await using gateway = await openTestGateway();
  for (let frame = 0; frame < 3; frame += 1) gateway.publish(publishedFrame(frame));
  await using first = await read(gateway, "api/events");
  assert.equal(first.response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  await first.until(/"snapshot".*\n\n/);
  gateway.publish(publishedFrame(3));
  const [, id] = await first.until(/id: (\S+)\ndata: \{"v":1,"type":"frame".*\}\n\n/);
  await first[Symbol.asyncDispose]();
  for (const frame of [4, 5]) gateway.publish(publishedFrame(frame));
  for (const [path, headers] of [["api/events", { "last-event-id": id! }], [`api/events?lastEventId=${id}`, {}]] as const) {
    await using second = await read(gateway, path, headers);
    await second.until(/"frame":5.*\n\n/);
    assert.deepEqual(messagesOf(second.text).map(inWords), ["hello", "subscribed", "snapshot", "gate 4", "gate 5"]);
  }
});

test("curl -N shows the lines as they come", async (t) => {
  await using gateway = await openTestGateway();
  const curl = spawn("curl", ["-sN", `${gateway.url}api/stream`], { stdio: ["ignore", "pipe", "inherit"] });
  const spawned = await Promise.race([once(curl, "spawn").then(() => true), once(curl, "error").then(() => false)]);
  if (!spawned) return t.skip("SKIPPED: there is no curl");
  const seen: string[] = [];
  for await (const line of createInterface(curl.stdout)) {
    seen.push(inWords(JSON.parse(line) as Sent));
    if (seen.length === 3) gateway.publish(publishedFrame(0));
    if (seen.length === 4) curl.kill();
  }
  assert.deepEqual(seen, ["hello", "subscribed", "snapshot", "gate 0"]);
});

const REFUSED: [query: string, status: number, code: string, detail: RegExp][] = [
  ["streams=garden", 404, "E_STREAM_UNKNOWN", /garden/],
  ["topics=gossip", 400, "E_REQUEST", /topics\.0/],
  ["topics=video", 400, "E_REQUEST", /only on the socket/],
  ["minScore=high", 400, "E_REQUEST", /minScore/],
  ["maxFps=0", 400, "E_REQUEST", /maxFps/],
  ["empty=perhaps", 400, "E_REQUEST", /empty/],
  ["colour=red", 400, "E_REQUEST", /colour/],
];

for (const [query, status, code, detail] of REFUSED) {
  test(`?${query} is ${status} with problem+json, and takes no seat`, async () => {
    await using gateway = await openTestGateway();
    for (const path of ["api/events", "api/stream"]) {
      const response = await fetch(`${gateway.url}${path}?${query}`);
      const problem = (await response.json()) as { code: string; detail: string; status: number };
      assert.deepEqual([response.status, response.headers.get("content-type"), problem.code, problem.status], [status, "application/problem+json; charset=utf-8", code, status]);
      assert.match(problem.detail, detail);
    }
    assert.equal(gateway.clientCount, 0);
  });
}

test("streams take seats as sockets do, and give them back", async () => {
  await using gateway = await openTestGateway({ maxClients: 1 });
  const first = await read(gateway, "api/stream");
  const second = await fetch(`${gateway.url}api/events`);
  assert.deepEqual([second.status, ((await second.json()) as { code: string }).code], [503, "E_TOO_MANY"]);
  await first[Symbol.asyncDispose]();
  await until(() => gateway.clientCount === 0, "the seat to be free");
  assert.deepEqual(gateway.loads(), []);
});

test("answers that wait behind another one of their connection end with it", async () => {
  await using gateway = await openTestGateway();
  const { socket, said } = rawConnection(gateway.url);
  socket.write("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(3));
  await until(() => gateway.clientCount === 3, "three to be seated");
  socket.destroy();
  await said;
  await until(() => gateway.clientCount === 0, "their seats to be free");
  assert.deepEqual(gateway.loads(), []);
});

test("HEAD does not open a stream that never ends", async () => {
  await using gateway = await openTestGateway();
  assert.equal((await fetch(`${gateway.url}api/stream`, { method: "HEAD" })).status, 405);
  assert.equal(gateway.clientCount, 0);
});

test("while nothing comes, comments and empty lines say that the server is there", async () => {
  const clock = manualClock();
  await using gateway = await openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0" }, { clock });
  await using events = await read(gateway, "api/events");
  await using lines = await read(gateway, "api/stream");
  await Promise.all([events.until(/"snapshot".*\n\n/), lines.until(/"snapshot".*\n/)]);
  clock.advance(15_000);
  await Promise.all([events.until(/\n: still here\n\n/), lines.until(/\n\n/)]);
});

test("at the end everything published has arrived, and the streams end whole", async () => {
  const gateway = await openTestGateway();
  const lines = await read(gateway, "api/stream");
  await lines.until(/"snapshot".*\n/);
  for (let frame = 0; frame < 500; frame += 1) gateway.publish(publishedFrame(frame));
  const closed = gateway[Symbol.asyncDispose]();
  await lines.until(/"frame":499,.*\n/);
  assert.equal(messagesOf(lines.text).filter(({ type }) => type === "frame").length, 500);
  await closed;
});

test("a reader that reads nothing costs a bound of memory, and is told what it lost", async () => {
  await using gateway = await openTestGateway();
  await using lines = await read(gateway, "api/stream");
  await lines.until(/"snapshot".*\n/);
  const boxes = Array.from({ length: 1200 }, (_, i) => i);
  let frame = 0;
  for (; gateway.loads()[0]!.lostRecords < 10; frame += 1) {
    gateway.publish(publishedFrame(frame, {}, boxes));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(gateway.loads()[0]!.queuedBytes <= 1024 * 1024);
  gateway.publish(publishedFrame(frame));
  await lines.until(new RegExp(`"frame":${frame},.*\\n`));
  const got = messagesOf(lines.text);
  const frames = got.filter(({ type }) => type === "frame").length;
  const lost = got.filter(({ type }) => type === "gap").reduce((sum, gap) => sum + Number(gap["records"]), 0);
  assert.equal(frames + lost, frame + 1);
});

test("the contract is served as it lies in config", async () => {
  await using gateway = await openTestGateway();
  const response = await fetch(`${gateway.url}api/asyncapi.json`);
  assert.equal(response.headers.get("content-type"), "application/json; charset=utf-8");
  assert.equal(await response.text(), asyncApiText());
});
