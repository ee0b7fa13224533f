import assert from "node:assert/strict";
import { test } from "node:test";
import { keepNewest } from "../../src/core/keep-newest.js";

test("the oldest go, however many there are too many, and what was put in again is new", () => {
  const map = new Map([["a", 1], ["b", 2], ["c", 3], ["d", 4]]);
  map.delete("a");
  map.set("a", 5);
  keepNewest(map, 2);
  assert.deepEqual([...map], [["d", 4], ["a", 5]]);
  keepNewest(map, 2);
  assert.equal(map.size, 2);
  const set = new Set([1, 2, 3]);
  keepNewest(set, 0);
  assert.equal(set.size, 0);
});
