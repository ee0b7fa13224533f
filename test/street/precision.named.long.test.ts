import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { PRECISIONS, type Precision } from "../../src/core/devices.js";
import { chooseRuntime, loadModelInfo, openRuntimeSession } from "../../src/pool/index.js";
import { compare } from "../session/compare.js";
import { oracle, oracleSettings } from "../session/oracle.js";
import { hasShared, project } from "../support/paths.js";
import { OPENVINO, OPENVINO_VARIABLES, requireOpenvino } from "../support/runtimes.js";
import { runToEnd } from "../support/session.js";
import { figuresOnUnseenStreets } from "./seen.js";

/*
 * What counting in fewer bits costs, on this processor: the built-in model's figures on streets with their truth, and how near
 * YOLOX-nano stays to its authors' own code on real clips. `npm test -- --long street/precision` prints a row for each.
 */

const SCENES = 200;
const CLIPS = [["car-detection", 377], ["bottle-detection", 300]] as const;
/** f32 is the same model: mAP may differ by what single scores near a limit do. */
const F32_TOLERANCE = 0.001;

test("onnxruntime, f32", (t) => costs(t, "onnxruntime f32", [], {}));

for (const precision of PRECISIONS.filter((one): one is Precision => one !== "auto")) {
  test(`openvino, ${precision}`, async (t) => {
    if (!requireOpenvino(t)) return;
    const refusal = await refusalOf(precision);
    if (refusal !== null) return t.diagnostic(`openvino ${precision}: not on this processor (${refusal})`);
    await costs(t, `openvino ${precision}`, ["--runtime", "openvino", "--precision", precision], { ...OPENVINO, precision });
  });
}

/** Why this processor does not count in it; null when it does. */
async function refusalOf(precision: Precision): Promise<string | null> {
  const { info } = await loadModelInfo(project("samples", "street.onnx"), { labels: null });
  try {
    await using _session = await openRuntimeSession({ ...info, ...chooseRuntime({ ...OPENVINO, precision }), intraOpThreads: 1 });
    return null;
  } catch (thrown) {
    assert.equal((thrown as { code?: string }).code, "E_MODEL_PRECISION");
    return (thrown as Error).message;
  }
}

async function costs(t: TestContext, name: string, flags: readonly string[], wish: object): Promise<void> {
  const { ap50, ap50to95 } = await figuresOnUnseenStreets(SCENES, flags, OPENVINO_VARIABLES);
  t.diagnostic(`${name}: mAP50 ${ap50.toFixed(4)}, mAP50:95 ${ap50to95.toFixed(4)}`);
  plain ??= ap50to95;
  if (name.endsWith("f32")) assert.ok(Math.abs(ap50to95 - plain) <= F32_TOLERANCE, `${ap50to95} against ${plain}`);
  assert.ok(ap50 >= 0.9, `mAP50 ${ap50}`);
  if (!hasShared) return;
  for (const [clip, frames] of CLIPS) {
    const base = oracleSettings(clip, { source: { preprocess: "exact" } });
    const { records } = await runToEnd({ ...base, inference: { ...base.inference, ...wish } }, (record, stop) => void (record.frame === frames - 1 && stop()));
    const reference = oracle(clip);
    const { pairs, meanIou, meanDifference, alone } = compare(reference, records.filter(({ frame }) => frame < frames));
    t.diagnostic(`${name}, ${clip}: ${pairs} of ${reference.slice(0, frames).flat().length} objects again, mean IoU ${meanIou.toFixed(4)}, mean difference of scores ${meanDifference.toExponential(1)}, ${alone.length} sure ones alone`);
    assert.ok(pairs >= 0.9 * reference.slice(0, frames).flat().length);
  }
}

/** mAP50:95 of onnxruntime, which is run first. */
let plain: number | undefined;
