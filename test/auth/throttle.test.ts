import assert from "node:assert/strict";
import { test } from "node:test";
import { passes } from "../../src/auth/passes.js";
import { throttle } from "../../src/auth/throttle.js";

const GUESSER = "192.0.2.7";

test("four wrong tokens cost nothing, then the wait doubles up to a minute", () => {
  const slow = throttle();
  let nowMs = 1000;
  const waits = Array.from({ length: 13 }, () => {
    slow.failed(GUESSER, nowMs);
    const waitMs = slow.waitMs(GUESSER, nowMs);
    nowMs += waitMs;
    return waitMs;
  });
  assert.deepEqual(waits, [0, 0, 0, 0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assert.equal(slow.waitMs("192.0.2.8", nowMs), 0);
});

test("a right token, or a quarter of an hour without a wrong one, makes it good again", () => {
  const slow = throttle();
  for (let i = 0; i < 5; i++) slow.failed(GUESSER, 0);
  assert.equal(slow.waitMs(GUESSER, 400), 600);
  slow.succeeded(GUESSER);
  assert.equal(slow.waitMs(GUESSER, 400), 0);
  for (let i = 0; i < 5; i++) slow.failed(GUESSER, 0);
  slow.failed(GUESSER, 15 * 60_000);
  assert.equal(slow.waitMs(GUESSER, 15 * 60_000), 0);
});

const SAME: [a: string, b: string, same: boolean][] = [
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", true],
  ["2001:db8:1:2::1", "2001:DB8:0001:0002:3::", true],
  ["2001:db8:1:2::1", "2001:db8:1:3::1", false],
  ["fe80::1%eth0", "fe80::2", true],
  ["::1", "::2", true],
  ["::ffff:192.0.2.7", "192.0.2.7", true],
  ["::ffff:192.0.2.7", "192.0.2.8", false],
];

for (const [a, b, same] of SAME) {
  test(`${a} and ${b} are slowed ${same ? "together" : "apart"}`, () => {
    const slow = throttle();
    for (let i = 0; i < 5; i++) slow.failed(a, 0);
    assert.equal(slow.waitMs(b, 0) > 0, same);
  });
}

test("it remembers ten thousand addresses and not one more", () => {
  const slow = throttle();
  const address = (i: number): string => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`;
  for (let i = 0; i <= 10_000; i++) for (let n = 0; n < 5; n++) slow.failed(address(i), 0);
  assert.equal(slow.waitMs(address(0), 0), 0);
  assert.equal(slow.waitMs(address(1), 0), 1000);
  assert.equal(slow.waitMs(address(10_000), 0), 1000);
});

test("a ticket is good once, and only until it is over", () => {
  const tickets = passes<string>({ idleMs: 30_000, longestMs: 30_000, once: true, most: 10 });
  const used = tickets.issue(() => "me", 0);
  assert.equal(tickets.use(used, 29_999), "me");
  assert.equal(tickets.use(used, 29_999), undefined);
  const late = tickets.issue(() => "me", 0);
  assert.equal(tickets.use(late, 30_000), undefined);
  assert.equal(tickets.use(late, 1), undefined, "it does not come back");
  assert.equal(tickets.use("made-up", 0), undefined);
});

test("a cookie is prolonged by use, but not for ever", () => {
  const sessions = passes<string>({ idleMs: 100, longestMs: 250, once: false, most: 2 });
  const cookie = sessions.issue(() => "me", 0);
  for (const [atMs, value] of [[99, "me"], [198, "me"], [249, "me"], [250, undefined]] as const) assert.equal(sessions.use(cookie, atMs), value);
  const idle = sessions.issue(() => "me", 0);
  assert.equal(sessions.use(idle, 100), undefined);
  const [first, second, third] = ["a", "b", "c"].map((name) => sessions.issue(() => name, 0));
  assert.deepEqual([first, second, third].map((pass) => sessions.use(pass!, 1)), [undefined, "b", "c"]);
  sessions.revoke(third!);
  assert.equal(sessions.use(third!, 1), undefined);
});
