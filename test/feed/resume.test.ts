import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OPEN_ACCESS } from "../../src/core/access.js";
import { subscriptionSchema } from "../../src/wire/index.js";
import { seen, testFeed } from "./feeds.js";
import { inWords, testWire, type Sent } from "./wires.js";

const SEED = 20261126;
const BYTES = Buffer.byteLength(seen(100).line);

test("who comes back gets what was missed, then what comes, without a hole and without a double", () => {
  const { feed, connect } = testFeed();
  for (let frame = 0; frame < 10; frame += 1) feed.publish(seen(frame));
  const client = connect();
  client.ask({ type: "subscribe", topics: ["detections", "stats"], since: { gate: { epoch: 1, frame: 6 } } });
  feed.publish(seen(10));
  const [, , snapshot, ...frames] = client.fresh();
  assert.deepEqual(snapshot?.["streams"], [{ stream: "gate" }, { stream: "yard" }], "its frame would come twice");
  assert.deepEqual(frames.map(inWords), ["gate 7", "gate 8", "gate 9", "gate 10"]);
});

test("what the history has no more is told as a gap, to the record", () => {
  const { feed, connect } = testFeed({ historyFrames: 3 });
  for (const frame of [0, 2, 4, 6, 8, 10]) feed.publish(seen(frame));
  const client = connect();
  client.ask({ type: "subscribe", since: { gate: { epoch: 1, frame: 2 } } });
  const [, , , gap, ...frames] = client.fresh();
  assert.deepEqual(gap, { v: 1, type: "gap", stream: "gate", epoch: 1, fromFrame: 4, toFrame: 4, records: 1, cause: "history_gone", at: "2026-11-20T10:00:00.123Z" });
  assert.deepEqual(frames.map(inWords), ["gate 6", "gate 8", "gate 10"]);
});

test("a long absence is a gap from the last frame that was seen", () => {
  const { feed, connect } = testFeed({ historyFrames: 3 });
  for (let frame = 0; frame < 3000; frame += 1) feed.publish(seen(frame));
  const client = connect();
  client.ask({ type: "subscribe", since: { gate: { epoch: 1, frame: 10 } } });
  const gap = client.fresh()[3];
  assert.deepEqual([gap?.type, gap?.["fromFrame"], gap?.["toFrame"], gap?.["records"]], ["gap", 11, 2996, 2986]);
});

test("a place that the stream has not reached is of another life of the program: nothing is brought up, nothing claimed", () => {
  const { feed, connect } = testFeed();
  for (let frame = 0; frame < 5; frame += 1) feed.publish(seen(frame));
  for (const since of [{ epoch: 1, frame: 4000 }, { epoch: 2, frame: 3 }, { epoch: 1, frame: 4 }]) {
    const client = connect();
    client.ask({ type: "subscribe", since: { gate: since } });
    assert.deepEqual(client.fresh().map(({ type }) => type), ["hello", "subscribed", "snapshot"]);
  }
});

test("the history is bounded in bytes and number, the filter and the rate hold for it too", () => {
  const { feed, connect } = testFeed({ historyBytes: 10 * BYTES });
  for (let frame = 0; frame < 100; frame += 1) feed.publish(seen(frame, frame % 2 === 0 ? [[2, 0.9]] : [[0, 0.9]]));
  const client = connect();
  client.ask({ type: "subscribe", classes: ["car"], empty: false, since: { gate: { epoch: 1, frame: 0 } } });
  const frames = client.fresh().filter(({ type }) => type === "frame").map(({ frame }) => Number(frame));
  assert.ok(frames.length >= 4 && frames.length <= 6, String(frames));
  assert.ok(frames.every((frame) => frame % 2 === 0 && frame > 85));
});

/** Frame numbers that a client was given or told to be lost, in their order. */
function covered(messages: readonly Sent[], stream: string): number[] {
  return messages.filter((message) => message["stream"] === stream).flatMap(({ type, frame, fromFrame, toFrame }) => {
    if (type === "frame") return [Number(frame)];
    return type === "gap" ? Array.from({ length: Number(toFrame) - Number(fromFrame) + 1 }, (_, i) => Number(fromFrame) + i) : [];
  });
}

test("however often a client is cut off and comes back, history and live join without hole, double or disorder", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant("publish" as const), stream: fc.constantFrom("gate", "yard") }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("away" as const), frames: fc.nat(30) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("take" as const), count: fc.nat(5) }) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: "max" }), fc.constantFrom("all", "latest"), (steps, queue) => {
      const { feed, connect } = testFeed({ historyFrames: 12, socketBytes: 600, queueBytes: 4 * BYTES });
      const next: Record<string, number> = { gate: 0, yard: 0 };
      const publish = (stream: string): void => feed.publish(seen(next[stream]!++, [[2, 0.9]], stream));
      const got: Sent[] = [];
      for (const stream of ["gate", "yard"]) publish(stream);
      let client = connect(undefined, false);
      client.ask({ type: "subscribe", queue });
      const comeBack = (): void => {
        client.gone();
        got.push(...client.fresh());
        const since = Object.fromEntries(["gate", "yard"].flatMap((stream) => {
          const last = covered(got, stream).at(-1);
          return [[stream, { epoch: 1, frame: last ?? 0 }]];
        }));
        client = connect(undefined, false);
        client.ask({ type: "subscribe", queue, since });
      };
      for (const one of steps) {
        if (one.do === "publish") publish(one.stream);
        else if (one.do === "take") client.wire.take(one.count);
        else {
          client.gone();
          for (let n = 0; n < one.frames; n += 1) publish("gate");
          comeBack();
        }
      }
      client.closing();
      got.push(...client.fresh());
      for (const [stream, count] of Object.entries(next)) assert.deepEqual(covered(got, stream), Array.from({ length: count - 1 }, (_, i) => i + 1), stream);
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("server-sent events carry the place in their id, from which they resume; one of another start counts for nothing", () => {
  const { feed } = testFeed();
  for (let frame = 0; frame < 3; frame += 1) for (const stream of ["gate", "yard"]) feed.publish(seen(frame, [[2, 0.9]], stream));
  const wanted = subscriptionSchema.parse({});
  const read = (lastEventId?: string): string[] => {
    const wire = testWire({ framing: "sse", eager: true });
    feed.open(wanted, OPEN_ACCESS, wire, lastEventId).gone();
    return wire.buffers.map(String).filter((text) => text.startsWith("id: "));
  };
  const events = read("ab12.2");
  assert.deepEqual(events.map((text) => text.split("\n")[0]), ["id: ab12.3", "id: ab12.4", "id: ab12.5", "id: ab12.6"]);
  assert.deepEqual(events[0]?.split("\n").slice(1), [`data: ${seen(1).line}`, "", ""]);
  for (const other of [undefined, "", "cd34.2", "ab12.x", "ab12", "ab12.-1"]) assert.deepEqual(read(other), [], String(other));
});

test("what resumes hears of nothing that its access does not cover", () => {
  const { feed } = testFeed({ historyFrames: 1 });
  for (let frame = 0; frame < 3; frame += 1) for (const stream of ["gate", "yard"]) feed.publish(seen(frame, [[2, 0.9]], stream));
  const wire = testWire({ framing: "ndjson", eager: true });
  feed.open(subscriptionSchema.parse({}), { role: "viewer", streams: ["gate"] }, wire, "ab12.1");
  const text = Buffer.concat(wire.buffers).toString();
  assert.equal(text.includes("yard"), false);
  assert.deepEqual(text.trimEnd().split("\n").map((line) => inWords(JSON.parse(line) as Sent)), ["hello", "subscribed", "snapshot", "gate lost 1-1", "gate 2"]);
});
