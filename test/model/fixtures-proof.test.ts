import assert from "node:assert/strict";
import { test } from "node:test";
import { loadModelInfo } from "../../src/pool/index.js";
import { hasShared, requireShared, shared } from "../support/paths.js";
import { BOTH_RUNTIMES, skipOpenvino } from "../support/runtimes.js";
import { fixtureIndex, fixturePath, FRAME40, readJson, type FixtureEntry } from "./fixtures.js";
import type { Expected } from "./judge.js";
import { decodeOutputs, faultsOf, floatsOf, limitsOf, runAndDecode, type Reference } from "./references.js";

/*
 * All models of ../shared/fixtures against what Ultralytics' own predictor says of them, from the same input tensor: the
 * raw outputs of the reference through our decoder, and the whole run. How near ours must be: TOLERANCE in judge.ts.
 */

/** An object as `NAME.expected.json` writes it. */
interface FixtureObject {
  readonly cls: number;
  readonly conf: number;
  readonly xyxy: readonly number[];
  readonly keypoints?: readonly (readonly number[])[];
  readonly corners?: readonly (readonly number[])[];
  readonly mask_area?: number;
  readonly polygon?: readonly (readonly [number, number])[];
}

interface FixtureAnswer {
  readonly args: { readonly conf: number; readonly iou: number; readonly max_det: number };
  readonly results: readonly { readonly image: string; readonly detections?: readonly FixtureObject[]; readonly probs?: readonly number[] }[];
}

/** Names of the sets of answers. Masks at source size, which is how ours are given, stand in those with `-retina`. */
function setsOf({ metadata }: FixtureEntry): string[] {
  return metadata["task"] === "segment" ? ["conf0.001-retina", "conf0.25-retina"] : ["conf0.001", "conf0.25"];
}

function expectedOf({ cls, conf, xyxy, keypoints, corners, mask_area: maskArea, polygon: maskPoints }: FixtureObject): Expected {
  return {
    cls, conf, xyxy,
    ...(keypoints && { keypoints: keypoints.flat() }),
    ...(corners && { corners: corners.flat() }),
    ...(maskArea !== undefined && { maskArea }),
    ...(maskPoints && { maskPoints }),
  };
}

function answersOf(entry: FixtureEntry): Pick<Reference, "limits" | "answers"> {
  const all = readJson<Record<string, FixtureAnswer>>("fixtures", `${entry.name}.expected.json`);
  const sets = setsOf(entry).map((name) => all[name]!);
  const frame = (set: FixtureAnswer) => set.results.find(({ image }) => image === "frame40.png")!;
  return {
    limits: { iou: sets[0]!.args.iou, maxDetections: sets[0]!.args.max_det, agnostic: false },
    answers: Object.fromEntries(sets.map((set) => [String(set.args.conf), frame(set).probs ?? frame(set).detections!.map(expectedOf)])),
  };
}

/** Families by what their outputs are, as the fixtures' own table tells it. */
function familyOf({ name }: FixtureEntry): string {
  return name.includes("end2end") || name.includes("nms") ? "end2end" : "yolov8";
}

/**
 * YOLO26's end-to-end heads with more than boxes pick rows by GatherElements with fewer columns than the table has, which
 * ONNX allows and OpenVINO 2026.4 does not.
 */
const isRefused = ({ name }: FixtureEntry): boolean => /^yolo26n-(seg|pose|obb)-end2end$/.test(name);

for (const entry of hasShared ? fixtureIndex() : []) {
  const { name, metadata, raw: { frame40 } } = entry;
  test(`${name}: recognised, decoded and run as by its authors`, async () => {
    const [, , height = 0, width = 0] = frame40.input_shape;
    const isFree = typeof entry.inputs["images"]![2] === "string";
    const { info } = await loadModelInfo(fixturePath(name), { labels: null, imgsz: isFree ? [height, width] : null });
    assert.deepEqual([info.family, info.task, info.labelsFrom], [familyOf(entry), metadata["task"], "metadata"]);
    const outputs = new Map(frame40.outputs.map((dims, i) => [`output${i}`, { data: floatsOf(shared("fixtures", `${name}.frame40.out${i}.f32`)), dims }]));
    const proof = answersOf(entry);
    const answers = Object.entries(proof.answers);
    const limits = answers.map(([conf]) => limitsOf(proof, conf));
    const input = floatsOf(shared("fixtures", `${name}.frame40.input.f32`));
    const runtimes = BOTH_RUNTIMES.filter(({ skip }) => skip === false);
    if (isRefused(entry)) for (const { wish } of runtimes.splice(1)) await assert.rejects(runAndDecode(info, input, FRAME40, limits, wish), { code: "E_MODEL_RUNTIME" });
    const ran = await Promise.all(runtimes.map(({ wish }) => runAndDecode(info, input, FRAME40, limits, wish)));
    for (const [i, [conf, answer]] of answers.entries()) {
      assert.ok(answer.length >= 5);
      assert.deepEqual(faultsOf(decodeOutputs(info, outputs, FRAME40, limits[i]!), answer, FRAME40), [], `raw outputs above ${conf}`);
      for (const [which, runtime] of runtimes.entries()) assert.deepEqual(faultsOf(ran[which]![i]!, answer, FRAME40), [], `a run of ${runtime.name} above ${conf}`);
    }
  });
}

test("the fixtures are there", (t) => {
  if (requireShared(t)) assert.equal(fixtureIndex().length, 15);
});

test("openvino has run them too", { skip: skipOpenvino }, () => undefined);
