import assert from "node:assert/strict";
import { test } from "node:test";
import { describeModel, NOTHING_SAID, type DescribedModel } from "../../src/model/index.js";
import { TOLERANCE } from "./judge.js";
import {
  committedReferences,
  decodeOutputs,
  faultsOf,
  limitsOf,
  outputsOf,
  type Reference,
} from "./references.js";

/*
 * The families that ../shared/fixtures lacks, against the answers of their authors' own code. How they were made, and what
 * each proves: references/README.md. How near ours must be: TOLERANCE. Those that may not be committed are held against ours
 * by references-cache.named.long.test.ts.
 */

/** What can be told of a reference without its file: its header is written down beside the numbers. */
function described({ name, inputs, outputs, metadata, operators, sidecar }: Reference): DescribedModel {
  const valueInfo = ({ name: of, dims, dtype }: Reference["inputs"][number]) => ({ name: of, dims, dtype });
  const labels = sidecar && ({ from: "sidecar", labels: sidecar.labels, name: `${name}.yaml` } as const);
  return describeModel({
    path: `/${name}.onnx`,
    name,
    sha256: "0".repeat(64),
    header: {
      producer: "reference",
      opset: 17,
      inputs: inputs.map(valueInfo),
      outputs: outputs.map(valueInfo),
      metadata: new Map(Object.entries(metadata)),
      operators: new Set(operators),
    },
    sidecar: { ...NOTHING_SAID, labels },
    asked: { family: null, task: null, labels: null, imgsz: null },
  });
}

const committed = committedReferences();

test("every reference that may be committed is", () => {
  const names = committed.map(({ name }) => name);
  assert.deepEqual(names, [
    "deimv2-two-inputs", "dfine-original", "dfine-two-inputs", "rfdetr-all-slots", "rfdetr", "rtdetr-two-inputs", "rtdetrv2-two-inputs", "yolox-decoded", "yolox-raw",
  ]);
  assert.ok(committed.every(({ source }) => /^(Apache-2\.0|MIT)/.test(source.licence)));
});

for (const reference of committed) {
  test(`${reference.name}: recognised, and its outputs are read as its authors read them`, () => {
    const { info } = described(reference);
    assert.deepEqual([info.family, info.task], [reference.family, reference.task]);
    for (const [conf, answer] of Object.entries(reference.answers)) {
      const found = decodeOutputs(info, outputsOf(reference), reference.picture, limitsOf(reference, conf));
      assert.deepEqual(faultsOf(found, answer, reference.picture), [], `above ${conf}`);
    }
  });
}

test("the judge finds what is wrong: a box, a score, a class, a lost and a moved object", () => {
  const [reference] = committed;
  assert.ok(reference);
  const { info } = described(reference);
  const find = () => decodeOutputs(info, outputsOf(reference), reference.picture, limitsOf(reference, "0.25"));
  const answer = reference.answers["0.25"]!;
  const wrong = (spoil: (found: ReturnType<typeof find>) => unknown): string[] => {
    const found = find();
    const other = spoil(found);
    return faultsOf(typeof other === "object" ? (other as typeof found) : found, answer, reference.picture);
  };
  assert.deepEqual(wrong(() => 0), []);
  assert.equal(wrong(({ boxes }) => (boxes[5]! += 2 * TOLERANCE.boxPx)).length, 1);
  assert.equal(wrong(({ boxes }) => (boxes[0] = NaN)).length, 1);
  assert.equal(wrong(({ scores }) => (scores[0]! += 2 * TOLERANCE.score)).length, 1);
  assert.equal(wrong(({ classIds }) => (classIds[1]! += 1)).length, 1);
  assert.match(wrong((found) => ({ ...found, count: found.count - 1 })).join(), /objects, expected/);
  assert.ok(wrong(({ boxes, scores, classIds }) => [boxes.copyWithin(0, 4, 8), scores.copyWithin(0, 1, 2), classIds.copyWithin(0, 1, 2), 0][3]).length >= 1);
});
