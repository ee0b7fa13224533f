import assert from "node:assert/strict";
import { test } from "node:test";
import { isWhole, parseSelection, runsAlone, selectFiles } from "./selection.js";

const FILES = [
  "cli/run.test.js",
  "layers.test.js",
  "order/reorder.test.js",
  "pool/hang.long.test.js",
  "pool/hours.named.long.test.js",
  "pool/threads.test.js",
  "source/start-up.alone.test.js",
  "support/paths.js",
];

function selected(...args: string[]): string[] {
  return selectFiles(FILES, parseSelection(args));
}

test("without arguments all tests run, except the long ones", () => {
  assert.deepEqual(selected(), [
    "cli/run.test.js",
    "layers.test.js",
    "order/reorder.test.js",
    "pool/threads.test.js",
    "source/start-up.alone.test.js",
  ]);
});

test("fragments pick files by any part of their path", () => {
  assert.deepEqual(selected("pool", "reord"), ["order/reorder.test.js", "pool/threads.test.js"]);
});

test("--long runs only the long ones, narrowed by fragments", () => {
  assert.deepEqual(selected("--long"), ["pool/hang.long.test.js"]);
  assert.deepEqual(selected("--long", "order"), []);
  assert.deepEqual(selected("--long", "pool/hours"), ["pool/hours.named.long.test.js"]);
});

test("--core leaves out what no version of Node can break", () => {
  assert.deepEqual(selected("--core"), [
    "order/reorder.test.js",
    "pool/threads.test.js",
    "source/start-up.alone.test.js",
  ]);
});

test("only a run without a choice is the whole", () => {
  assert.deepEqual(
    [[], ["pool"], ["--long"], ["--core"]].map((args) => isWhole(parseSelection(args))),
    [true, false, false, false],
  );
});

test("an unknown flag is refused by its name", () => {
  assert.throws(() => parseSelection(["--fast"]), /--fast/);
});

test("files that measure run alone", () => {
  assert.deepEqual(FILES.filter(runsAlone), ["pool/hang.long.test.js", "pool/hours.named.long.test.js", "source/start-up.alone.test.js"]);
});
