import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parsePythonLiteral } from "../../src/model/python-literal.js";

test("what Python writes for a dict, a list, a tuple and plain values is read", () => {
  assert.deepEqual(
    parsePythonLiteral("{0: 'person', 1: \"driver's seat\"}"),
    new Map([
      [0, "person"],
      [1, "driver's seat"],
    ]),
  );
  assert.deepEqual(parsePythonLiteral("[224, 384]"), [224, 384]);
  assert.deepEqual(parsePythonLiteral("(1, -2.5, 1e-3, .5)"), [1, -2.5, 0.001, 0.5]);
  assert.deepEqual(parsePythonLiteral("(1,)"), [1]);
  assert.deepEqual(
    parsePythonLiteral(" {'nms': None, 'half': False, 'dynamic': True, } "),
    new Map<string, unknown>([
      ["nms", null],
      ["half", false],
      ["dynamic", true],
    ]),
  );
  assert.deepEqual(parsePythonLiteral("[]"), []);
  assert.deepEqual(parsePythonLiteral("{}"), new Map());
  assert.equal(parsePythonLiteral("True"), true);
});

test("escapes in texts are read as Python means them", () => {
  assert.equal(parsePythonLiteral(String.raw`'both \' and " and \\ and \n'`), "both ' and \" and \\ and \n");
  assert.equal(parsePythonLiteral(String.raw`'\xe9\u20ac\U0001f600'`), "é€😀");
  assert.equal(parsePythonLiteral("'Straße, 猫'"), "Straße, 猫");
});

test("anything else is no literal", () => {
  const others = [
    "",
    "person",
    "{0: person}",
    "[1, 2",
    "[,]",
    "[1 2]",
    "{0 'a'}",
    "{'a': }",
    "'open",
    "1 2",
    "__import__('os')",
    "{0: 'a'} x",
    "[".repeat(40) + "]".repeat(40),
  ];
  for (const text of others) assert.equal(parsePythonLiteral(text), undefined, text);
});

test("no text makes the parser throw, and nested lists of numbers come back as they were written", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => void parsePythonLiteral(text)),
    { seed: 7, numRuns: 500 },
  );
  const marks = fc.string({ unit: fc.constantFrom(..."{}[]():,'\"\\ 01eNoneTrue") });
  fc.assert(
    fc.property(marks, (text) => void parsePythonLiteral(text)),
    { seed: 7, numRuns: 1500 },
  );
  const lists = fc.array(fc.array(fc.integer()));
  fc.assert(
    fc.property(lists, (value) => assert.deepEqual(parsePythonLiteral(JSON.stringify(value)), value)),
    { seed: 7 },
  );
});

test("a text of megabytes is read in one pass", () => {
  const long = "a".repeat(3_000_000);
  assert.equal(parsePythonLiteral(`'${long}\\n'`), `${long}\n`);
  assert.equal(parsePythonLiteral(`'${long}`), undefined);
});
