import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { Ajv } from "ajv";
import { encodeVideoFrame } from "../../src/core/video-frame.js";
import {
  ASYNCAPI_PATH, asyncApiText, MANUAL_PATH, messageSchema, RECORD_SCHEMA_PATH, recordSchemaText, requestSchema, VIDEO_LAYOUT, withWireTables,
} from "../../src/wire/index.js";
import { project } from "../support/paths.js";
import { MESSAGES, REQUESTS } from "./messages.js";

const inRoot = (path: string): string => readFileSync(project(path), "utf8");

const GENERATED: [path: string, make: () => string][] = [
  [RECORD_SCHEMA_PATH, recordSchemaText],
  [ASYNCAPI_PATH, asyncApiText],
  [MANUAL_PATH, () => withWireTables(inRoot(MANUAL_PATH))],
];
for (const [path, make] of GENERATED) {
  test(`${path} is what the schemas say (write it anew with UPDATE_GENERATED=1)`, () => {
    if (process.env["UPDATE_GENERATED"] === "1") writeFileSync(project(path), make());
    assert.equal(inRoot(path), make());
  });
}

interface Contract {
  readonly channels: Record<string, { readonly messages: Record<string, { readonly $ref: string }> }>;
  readonly operations: Record<string, { readonly action: string; readonly messages?: { readonly $ref: string }[] }>;
  readonly components: { readonly messages: Record<string, { readonly payload: object }>; readonly schemas: Record<string, object> };
}
const contract = JSON.parse(asyncApiText()) as Contract;

test("every reference of the contract leads somewhere", () => {
  const refs = [...asyncApiText().matchAll(/"\$ref": "#\/([^"]+)"/g)].map(([, path]) => path!);
  assert.ok(refs.length > 40);
  for (const path of refs) {
    const target = path.split("/").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], contract);
    assert.ok(target, path);
  }
});

test("every request and message by example is one by zod and by the contract", () => {
  const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictTuples: false, formats: { "date-time": true } });
  ajv.addKeyword("components");
  ajv.addSchema({ $id: "contract", components: contract.components });
  const fits = (name: string, value: unknown): boolean => ajv.validate({ $ref: `contract#/components/schemas/${name}` }, value);
  for (const [name, value] of Object.entries(REQUESTS)) {
    assert.ok(requestSchema.safeParse(value).success, name);
    assert.ok(fits(name, value), `${name}: ${ajv.errorsText()}`);
    assert.equal(fits(name, { ...value, colour: "red" }), false, `${name} with an unknown field`);
  }
  for (const [name, value] of Object.entries(MESSAGES)) {
    assert.deepEqual(messageSchema.parse(value), value, name);
    assert.ok(fits(name, value), `${name}: ${ajv.errorsText()}`);
    assert.equal(fits(name, { ...value, colour: "red" }), false, `${name} with an unknown field`);
  }
});

test("the contract names every message that there is, and no other", () => {
  const named = Object.keys(contract.components.messages).sort();
  assert.deepEqual(named, [...Object.keys(REQUESTS), ...Object.keys(MESSAGES), "VideoFrame"].sort());
  assert.deepEqual(Object.keys(contract.channels["feed"]!.messages).sort(), named);
});

test("what is tracked, turned, masked or posed is a frame record by the published schema", () => {
  const matches = new Ajv2020({ strict: true, allowUnionTypes: true, formats: { "date-time": true } }).compile(JSON.parse(recordSchemaText()) as object);
  const frame = MESSAGES.FrameRecord;
  const keys = Object.keys(frame.objects[0]).sort();
  assert.deepEqual(keys, ["box", "classId", "corners", "keypoints", "label", "mask", "score", "trackId"]);
  assert.ok(matches(frame));
  assert.equal(matches({ ...frame, objects: [{ ...frame.objects[0], trackId: 1.5 }] }), false);
});


test("a binary message has each field where the manual says", () => {
  const message = encodeVideoFrame({ stream: "gäte", epoch: 3, frame: 70_000, ptsMs: 61_366.7, widthPx: 960, heightPx: 540, lookedAt: false, jpeg: Uint8Array.of(0xff, 0xd8) });
  const view = new DataView(message.buffer);
  const read: Record<string, (at: number) => number> = {
    u8: (at) => view.getUint8(at), u16: (at) => view.getUint16(at, true), u32: (at) => view.getUint32(at, true), f64: (at) => view.getFloat64(at, true),
  };
  const numbers = VIDEO_LAYOUT.flatMap(({ byte, type }) => read[type]?.(Number(byte)) ?? []);
  assert.deepEqual(numbers, [1, 1, 5, 3, 70_000, 960, 540, 61_366.7]);
  assert.deepEqual(VIDEO_LAYOUT.slice(-2).map(({ byte }) => byte), ["24", "24 + n"]);
  assert.equal(Buffer.from(message).subarray(24, 29).toString(), "gäte");
  assert.deepEqual([...message.subarray(29)], [0xff, 0xd8]);
});
