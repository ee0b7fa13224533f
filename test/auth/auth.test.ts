import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { scryptSync } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { makeToken, openAuth, readTokens, writeTokens, type Auth, type StoredToken } from "../../src/auth/index.js";
import { systemClock } from "../../src/core/clock.js";
import { manualClock } from "../support/manual-clock.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { testTokens } from "./tokens.js";

const HERE = "192.0.2.1";
const notices: string[] = [];
const open = (tokensFile: string | null, clock = systemClock): Promise<Auth> => openAuth({ tokensFile, notice: (message) => void notices.push(message) }, clock);

test("a token is 256 random bits behind its name, and what is stored is scrypt of them", async () => {
  const { token, stored } = await makeToken({ role: "viewer", streams: ["gate"] }, "guard", "2026-01-02T03:04:05.000Z");
  const [, id, secret] = /^slt_([A-Za-z0-9]{8})_([A-Za-z0-9_-]{43})$/.exec(token)!;
  assert.equal(stored.id, id);
  const expected = scryptSync(secret!, Buffer.from(stored.salt, "base64"), 32, { N: 16_384, r: 8, p: 1 });
  assert.equal(stored.hash, expected.toString("base64"));
  assert.ok(!JSON.stringify(stored).includes(secret!));
});

test("who shows a right token is let in as what it is worth; anything else is wrong", async () => {
  const tokens = testTokens();
  const viewer = await tokens.add({ role: "viewer", streams: ["gate"] });
  const admin = await tokens.add();
  using auth = await open(tokens.path);
  assert.equal(auth.asks, true);
  assert.deepEqual(await auth.verify(viewer, HERE), { kind: "in", identity: { role: "viewer", streams: ["gate"], tokenId: viewer.slice(4, 12) } });
  assert.deepEqual(await auth.verify(admin, HERE), { kind: "in", identity: { role: "admin", streams: "*", tokenId: admin.slice(4, 12) } });
  const swapped = `${viewer.slice(0, 13)}${admin.slice(13)}`;
  for (const wrong of [swapped, "", "slt_", `${admin}x`, admin.slice(0, -1)]) assert.deepEqual(await auth.verify(wrong, `${HERE}${wrong.length}`), { kind: "wrong" });
});

test("a wrong token whose name is unknown costs no hash, however many tokens there are", async () => {
  const tokens = testTokens();
  const right = await tokens.add();
  using auth = await open(tokens.path);
  const took = async (name: string, address: string): Promise<number> => {
    const begun = performance.now();
    for (let i = 0; i < 4; i++) await auth.verify(`slt_${name}_${"x".repeat(42)}${i}`, address);
    return performance.now() - begun;
  };
  const known = await took(right.slice(4, 12), HERE);
  const unknown = await took("AAAAAAAA", "192.0.2.2");
  assert.ok(unknown < known / 2, `four unknown names took ${unknown} ms, four that cost a hash ${known} ms`);
});

test("who guesses is slowed, a right token from elsewhere is not, and a thousand guesses at once are not tried", async () => {
  const tokens = testTokens();
  const right = await tokens.add();
  using auth = await open(tokens.path);
  const guess = `${right.slice(0, 13)}${"x".repeat(43)}`;
  const verdicts = await Promise.all(Array.from({ length: 1000 }, () => auth.verify(guess, HERE)));
  assert.equal(verdicts.filter(({ kind }) => kind === "wrong").length, 5);
  assert.equal(verdicts.filter(({ kind }) => kind === "slowed").length, 995);
  assert.equal((await auth.verify(right, HERE)).kind, "slowed");
  assert.equal((await auth.verify(right, "192.0.2.2")).kind, "in");
});

test("a ticket opens once, within 30 s; a wrong one counts as a guess", async () => {
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer" });
  const clock = manualClock();
  using auth = await open(tokens.path, clock);
  const verdict = await auth.verify(token, HERE);
  assert.equal(verdict.kind, "in");
  const identity = verdict.kind === "in" ? verdict.identity : undefined;
  const ticket = auth.ticketFor(identity!);
  assert.deepEqual(auth.redeem(ticket, HERE), { kind: "in", identity });
  assert.deepEqual(auth.redeem(ticket, HERE), { kind: "wrong" });
  const late = auth.ticketFor(identity!);
  clock.advance(30_000);
  assert.deepEqual(auth.redeem(late, HERE), { kind: "wrong" });
  for (let i = 0; i < 3; i++) auth.redeem("made-up", HERE);
  assert.deepEqual(auth.redeem("made-up", HERE), { kind: "slowed", retryAfterMs: 1000 });
});

test("a changed file is read again: a removed token and its cookies are out, a new one is in, a broken file changes nothing", async () => {
  const tokens = testTokens();
  const old = await tokens.add();
  using auth = await open(tokens.path);
  const verdict = await auth.verify(old, HERE);
  const identity = verdict.kind === "in" ? verdict.identity : undefined;
  const cookie = auth.remember(identity!);
  const ticket = auth.ticketFor(identity!);
  const tokenId = old.slice(4, 12);
  assert.equal(auth.recall(cookie)?.tokenId, tokenId);
  let changes = 0;
  using _heard = auth.onChange(() => (changes += 1));
  writeFileSync(tokens.path, "{}", { mode: 0o600 });
  await until(() => notices.some((text) => text.includes("the tokens stay as they were")), "word of a broken file");
  assert.equal(auth.recall(cookie)?.tokenId, tokenId);
  const fresh = await makeToken({ role: "viewer", streams: "*" }, "", "2026-01-02T03:04:05.000Z");
  await writeTokens(tokens.path, [fresh.stored]);
  await until(() => changes === 1, "the file to be read again");
  assert.equal(auth.recall(cookie), undefined);
  assert.equal(auth.holds(identity!), false);
  assert.equal(auth.redeem(ticket, HERE).kind, "wrong");
  assert.equal((await auth.verify(old, HERE)).kind, "wrong");
  assert.equal((await auth.verify(fresh.token, HERE)).kind, "in");
});

test("a login holds while somebody is there, for 12 hours at most, and ends with a logout, which is told", async () => {
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer" });
  const clock = manualClock();
  using auth = await open(tokens.path, clock);
  const verdict = await auth.verify(token, HERE);
  const identity = verdict.kind === "in" ? verdict.identity : undefined;
  const byCookie = auth.recall(auth.remember(identity!))!;
  const byTicket = auth.redeem(auth.ticketFor(byCookie), HERE);
  for (let minutes = 0; minutes < 12 * 60; minutes += 30) {
    assert.equal(auth.holds(byCookie), true, `after ${minutes} minutes`);
    clock.advance(30 * 60_000);
  }
  assert.equal(auth.holds(byCookie), false);
  assert.equal(byTicket.kind === "in" && auth.holds(byTicket.identity), false, "who came by a ticket of the login");
  assert.equal(auth.holds(identity!), true, "the token itself holds");
  let changes = 0;
  using _heard = auth.onChange(() => (changes += 1));
  const cookie = auth.remember(identity!);
  const left = auth.recall(cookie)!;
  auth.forget(cookie);
  assert.deepEqual([auth.holds(left), changes], [false, 1]);
});

test("once it asks it goes on asking, also when the last token is removed; a first token shuts an open door", async () => {
  const tokens = testTokens();
  using auth = await open(tokens.path);
  assert.equal(auth.asks, false);
  const token = await tokens.add();
  await until(() => auth.asks, "the first token");
  await tokens.remove(token);
  await until(() => notices.some((text) => text.endsWith("read again: 0 tokens")), "the last token to go");
  assert.equal(auth.asks, true);
  assert.equal((await auth.verify(token, HERE)).kind, "wrong");
});

test("the file is written for its owner alone, as a whole, and read as it was written", async () => {
  const path = join(temporaryFolder(), "tokens.json");
  const { stored } = await makeToken({ role: "viewer", streams: ["gate", "yard"] }, "guard", "2026-01-02T03:04:05.000Z");
  await writeTokens(path, [stored]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.deepEqual(await readTokens(path), [stored]);
  assert.deepEqual(await readTokens(`${path}.none`), []);
  chmodSync(path, 0o620);
  await assert.rejects(readTokens(path), { code: "E_TOKENS", message: `${path} may be written by others (mode 0620); allowed: 0600` });
});

test("what is no file with tokens is refused, a cost that would eat the memory too", async () => {
  const path = join(temporaryFolder(), "tokens.json");
  const { stored } = await makeToken({ role: "viewer", streams: "*" }, "", "2026-01-02T03:04:05.000Z");
  const withOne = (more: object): string => JSON.stringify({ v: 1, tokens: [{ ...stored, ...more } satisfies StoredToken] });
  for (const text of ["", "[]", '{"v":2,"tokens":[]}', withOne({ scrypt: { N: 2 ** 30, r: 8, p: 1 } }), withOne({ role: "root" }), withOne({ hash: "AAAA" }), withOne({ more: 1 })]) {
    writeFileSync(path, text, { mode: 0o600 });
    await assert.rejects(readTokens(path), { code: "E_TOKENS" }, text);
  }
  assert.ok(readFileSync(path, "utf8").length > 0);
});
