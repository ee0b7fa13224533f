import assert from "node:assert/strict";
import { test } from "node:test";
import { openInbox } from "../../src/client/inbox.js";
import type { FeedMessage, StateRecord } from "../../src/client/index.js";
import { seen } from "../feed/feeds.js";
import { inWords, type Sent } from "../feed/wires.js";
import { MESSAGES } from "../wire/messages.js";
import { manualClock } from "../support/manual-clock.js";

const frame = (number: number): FeedMessage => seen(number).record;

async function read(inbox: ReturnType<typeof openInbox>): Promise<string[]> {
  const words: string[] = [];
  for (let result = await inbox.next(); !result.done; result = await inbox.next()) words.push(inWords(result.value));
  return words;
}

test("what comes while nobody reads waits, in order", async () => {
  const inbox = openInbox(manualClock(), () => undefined);
  for (const number of [0, 1, 2]) inbox.push(frame(number), 100);
  inbox.end();
  assert.deepEqual(await read(inbox), ["gate 0", "gate 1", "gate 2"]);
});

test("a slow reader loses the oldest, by number and by length, and is told in their place", async () => {
  for (const limits of [{ messages: 3, characters: 1e9 }, { messages: 1000, characters: 300 }]) {
    const inbox = openInbox(manualClock(), () => undefined, limits);
    for (let number = 0; number < 10; number += 1) inbox.push(frame(number), 100);
    inbox.end();
    assert.deepEqual(await read(inbox), ["gate lost 0-6", "gate 7", "gate 8", "gate 9"]);
  }
});

test("events, states and log lines that are lost are told by topic, also when that was lost itself", async () => {
  const inbox = openInbox(manualClock(), () => undefined, { messages: 1, characters: 1e9 });
  for (const message of [MESSAGES.StateRecord, MESSAGES.Missed, MESSAGES.EventRecord]) inbox.push(message as FeedMessage, 1);
  inbox.push(frame(0), 1);
  assert.deepEqual((await inbox.next()).value, { type: "missed", lost: { state: 3, events: 2, log: 3 } });
  assert.equal((await inbox.next()).value?.type, "frame");
});

test("a gap that is lost is told with what is lost behind it", async () => {
  const inbox = openInbox(manualClock(), () => undefined, { messages: 2, characters: 1e9 });
  inbox.push({ v: 1, type: "gap", stream: "gate", epoch: 1, fromFrame: 3, toFrame: 5, records: 3, cause: "subscriber_slow", at: "" }, 1);
  for (const number of [6, 7, 8]) inbox.push(frame(number), 1);
  const { value } = await inbox.next();
  assert.deepEqual([value?.type, (value as { records?: number }).records, inWords(value as unknown as Sent)], ["gap", 4, "gate lost 3-6"]);
});

test("a reader that waits gets each message at once; one that leaves holds nothing", async () => {
  let left = 0;
  const inbox = openInbox(manualClock(), () => (left += 1));
  const next = inbox.next();
  inbox.push(MESSAGES.StateRecord as StateRecord, 10);
  assert.equal((await next).value?.type, "state");
  inbox.push(frame(0), 100);
  await inbox.return();
  assert.equal(left, 1);
  assert.deepEqual(await inbox.next(), { done: true, value: undefined });
});
