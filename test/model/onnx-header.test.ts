import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { PipelineError } from "../../src/core/errors.js";
import { readOnnxHeader, type ByteSource, type OnnxHeader } from "../../src/model/index.js";
import { numberedModel } from "../../src/numbered/index.js";
import { requireShared, shared } from "../support/paths.js";
import { fixtureIndex, fixturePath } from "./fixtures.js";

interface Counted extends ByteSource {
  readBytes(): number;
}

function sourceOf(bytes: Uint8Array): Counted {
  let read = 0;
  return {
    sizeBytes: bytes.length,
    readBytes: () => read,
    readAt(offset, length) {
      assert.ok(
        offset >= 0 && length >= 0 && offset + length <= bytes.length,
        `read ${length} at ${offset} of ${bytes.length}`,
      );
      read += length;
      return bytes.subarray(offset, offset + length);
    },
  };
}

const headerOf = (bytes: Uint8Array): OnnxHeader => readOnnxHeader(sourceOf(bytes));

/** The header, or nothing when it was refused as it should be; any other error fails the test. */
function headerOrRefusal(bytes: Uint8Array): OnnxHeader | undefined {
  try {
    return headerOf(bytes);
  } catch (error) {
    if (error instanceof PipelineError && error.code === "E_MODEL_INVALID") return undefined;
    throw error;
  }
}

test("every fixture's header says what its exporter noted", (t) => {
  if (!requireShared(t)) return;
  const fixtures = fixtureIndex();
  assert.ok(fixtures.length >= 15);
  for (const fixture of fixtures) {
    const header = headerOf(readFileSync(fixturePath(fixture.name)));
    const shapes = (values: OnnxHeader["inputs"]) => Object.fromEntries(values.map(({ name, dims }) => [name, dims]));
    assert.deepEqual(shapes(header.inputs), fixture.inputs, fixture.name);
    assert.deepEqual(shapes(header.outputs), fixture.outputs, fixture.name);
    assert.deepEqual(Object.fromEntries(header.metadata), fixture.metadata, fixture.name);
    assert.deepEqual([header.opset], fixture.opset, fixture.name);
    assert.ok([...header.inputs, ...header.outputs].every(({ dtype }) => dtype === "float32"));
    assert.equal(header.producer, "pytorch");
  }
});

test("weights are not read: of a 10 MB model, less than a hundredth", (t) => {
  if (!requireShared(t)) return;
  const bytes = readFileSync(shared("models", "yolo11n_640_random.onnx"));
  const source = sourceOf(bytes);
  assert.deepEqual(readOnnxHeader(source).inputs, [{ name: "images", dtype: "float32", dims: [1, 3, 640, 640] }]);
  assert.ok(source.readBytes() < bytes.length / 100, `${source.readBytes()} of ${bytes.length} bytes`);
});

test("a model that was cut anywhere is E_MODEL_INVALID, but for cuts between its last metadata", () => {
  const whole = numberedModel();
  const names = headerOf(whole).metadata.size;
  // Every cut but those inside of the weights, which are all alike: of them, one in 97.
  const lengths = [...whole.keys()].filter(
    (length) => length < 1000 || length > whole.length - 1000 || length % 97 === 0,
  );
  for (const length of lengths) {
    const header = headerOrRefusal(whole.subarray(0, length));
    if (header) assert.ok(header.metadata.size < names && header.opset === 17, `${length} bytes were taken for whole`);
  }
});

test("a fixture cut in its weights says how much is missing", (t) => {
  if (!requireShared(t)) return;
  const bytes = readFileSync(fixturePath("yolov8n-det"));
  assert.throws(() => headerOf(bytes.subarray(0, 100_000)), {
    code: "E_MODEL_INVALID",
    message: /100000 bytes.*wants \d+ bytes/,
  });
});

test("other files are E_MODEL_INVALID", () => {
  const others = [
    new Uint8Array(0),
    Buffer.from("not an onnx file at all"),
    Buffer.from("<html><body>404</body></html>"),
    Buffer.from([0x89, 0x50, 0x4e, 0x47]),
    new Uint8Array(1000),
    Buffer.from("version https://git-lfs.github.com/spec/v1\n"),
  ];
  for (const bytes of others) assert.throws(() => headerOf(bytes), { code: "E_MODEL_INVALID" });
});

/** Protobuf by hand: key, length, content. */
const field = (number: number, content: readonly number[]): number[] => [number * 8 + 2, content.length, ...content];
const ascii = (text: string): number[] => [...Buffer.from(text)];
const dims = (...parts: number[][]): number[] =>
  field(
    2,
    parts.flatMap((part) => field(1, part)),
  );
const value = (name: string, elemType: number, shape: number[]): number[] => [
  ...field(1, ascii(name)),
  ...field(2, field(1, [8, elemType, ...shape])),
];
const OPSET_12 = field(8, [16, 12]);

test("literal bytes: operators, free sides, weights listed as inputs, types without a name", () => {
  const graph = field(7, [
    ...field(1, [...field(1, ascii("x")), ...field(4, ascii("Exp"))]),
    ...field(1, [...field(4, ascii("Mul")), ...field(2, ascii("y"))]),
    ...field(1, field(4, ascii("Exp"))),
    ...field(5, [8, 2, ...field(8, ascii("w"))]),
    ...field(11, value("w", 1, dims([8, 2]))),
    ...field(
      11,
      value(
        "x",
        10,
        dims([8, 1], field(2, ascii("h")), [8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1], []),
      ),
    ),
    ...field(12, value("y", 77, dims())),
    ...field(12, field(1, ascii("z"))),
  ]);
  const header = headerOf(
    Uint8Array.from([
      8,
      7,
      ...field(2, ascii("hand")),
      ...graph,
      ...OPSET_12,
      ...field(8, [...field(1, ascii("com.x")), 16, 99]),
    ]),
  );
  assert.deepEqual(header, {
    producer: "hand",
    opset: 12,
    inputs: [{ name: "x", dtype: "float16", dims: [1, "h", "?", "?"] }],
    outputs: [
      { name: "y", dtype: "type 77", dims: [] },
      { name: "z", dtype: "none", dims: [] },
    ],
    metadata: new Map(),
    operators: new Set(["Exp", "Mul"]),
  });
});

test("hostile lengths are refused before anything is read or made", () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
  const endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
  const cases = [
    [58, ...huge],
    [58, ...endless],
    endless,
    [2, 0],
    [59],
    [58, 4, 98, ...huge],
    [114, 2, 10, 127],
    [64, 1, ...OPSET_12],
    [56, 1, ...OPSET_12],
  ];
  for (const bytes of cases)
    assert.throws(() => headerOf(Uint8Array.from(bytes)), { code: "E_MODEL_INVALID" }, bytes.join(" "));
});

test("no bytes and no damage make the reader do anything but read or refuse", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void headerOrRefusal(bytes)),
    { seed: 11, numRuns: 1000 },
  );
  const whole = numberedModel();
  // The last kilobyte holds the graph's inputs and outputs, the opset and the metadata.
  const place = fc.integer({ min: whole.length - 1000, max: whole.length - 1 });
  const damage = fc.array(fc.tuple(place, fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
  const property = fc.property(damage, (changes) => {
    const bytes = whole.slice();
    for (const [at, byte] of changes) bytes[at] = byte;
    headerOrRefusal(bytes);
  });
  fc.assert(property, { seed: 13, numRuns: 1000 });
});
