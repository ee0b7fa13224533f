import assert from "node:assert/strict";
import { test } from "node:test";
import { leaksIn, PLANTED, searchLeaks } from "./planted.js";

const [plain, special] = PLANTED.passwords;

/** Never written as it is in this file's output: a failing test names the case. */
const LEAKS: readonly (readonly [string, string])[] = [
  ["plain", `rtsp://planted-viewer:${plain}@127.0.0.1/`],
  ["other case", plain.toUpperCase()],
  ["special characters as they are", special],
  ["fully encoded", encodeURIComponent(special)],
  ["encoded with small digits", encodeURIComponent(special).toLowerCase()],
  ["only what an address needs encoded", special.replaceAll("%", "%25").replaceAll("@", "%40").replaceAll("/", "%2F").replaceAll("?", "%3F").replaceAll("#", "%23")],
  ["JSON with escaped slashes", JSON.stringify({ url: special }).replaceAll("/", "\\/")],
  ["Basic header", `Authorization: Basic ${Buffer.from(`${PLANTED.user}:${special}`).toString("base64")}`],
];

for (const [name, text] of LEAKS) test(`a planted password is found: ${name}`, () => assert.equal(leaksIn(text).length > 0, true));

test("a password that comes in two pieces is found, and told without repeating it", () => {
  const search = searchLeaks();
  search.push(`seen: ${plain.slice(0, 5)}`);
  assert.equal(search.found.size, 0);
  search.push(`${plain.slice(5)} and more`);
  assert.deepEqual([...search.found], ["planted password 1 as it is"]);
});

test("a token, and a ticket in an address, are found in pieces too, and not where they are masked", () => {
  const [token, ticket] = [`slt_Ab3dE9xZ_${"x-_9".repeat(11).slice(1)}`, `/ws?ticket=${"Y".repeat(43)}`];
  assert.deepEqual(leaksIn(`{"token":"${token}"}`), ["a token"]);
  assert.deepEqual(leaksIn(ticket), ["a ticket"]);
  const search = searchLeaks();
  for (const piece of [token.slice(0, 20), token.slice(20, 50), token.slice(50)]) search.push(piece);
  assert.deepEqual([...search.found], ["a token"]);
  assert.deepEqual(leaksIn("slt_Ab3dE9xZ_*** /ws?ticket=*** slt_Ab3dE9xZ"), []);
});

test("what is masked is no leak", () => {
  assert.deepEqual(leaksIn(`rtsp://${PLANTED.user}:***@127.0.0.1:554/cam`), []);
});
