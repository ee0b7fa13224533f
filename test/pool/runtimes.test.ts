import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RuntimeWish } from "../../src/core/devices.js";
import { chooseRuntime, loadModelInfo, openRuntimeSession, type RuntimeSession } from "../../src/pool/index.js";
import { unevenGatherModel } from "../support/models.js";
import { project } from "../support/paths.js";
import { OPENVINO, skipOpenvino } from "../support/runtimes.js";

async function opened(path: string, wish: RuntimeWish): Promise<RuntimeSession> {
  const { info } = await loadModelInfo(path, { labels: null });
  return openRuntimeSession({ ...info, intraOpThreads: 1, ...chooseRuntime(wish) });
}

const street = project("samples", "street.onnx");

test("what does not go together is refused before anything is loaded", () => {
  for (const [wish, code, words] of [
    [{ precision: "bf16" }, "E_MODEL_PRECISION", /inference\.precision bf16 goes with inference\.runtime openvino only$/],
    [{ precision: "f16" }, "E_MODEL_PRECISION", /inference\.precision f16 goes with/],
    [{ device: "npu" }, "E_MODEL_DEVICE", /^npu goes with inference\.runtime openvino only$/],
    [{ runtime: "openvino", device: "cuda" }, "E_MODEL_DEVICE", /^openvino has no cuda: it has cpu, gpu and npu/],
    [{ runtime: "openvino", openvinoPath: "/nowhere" }, "E_RUNTIME_MISSING", /^inference\.openvinoPath is \/nowhere, which is not there/],
  ] as const) assert.throws(() => chooseRuntime(wish), { code, message: words });
  assert.deepEqual(chooseRuntime({ precision: "auto" }), { device: "cpu", precision: "auto", openvino: null });
});

describe("OpenVINO", { skip: skipOpenvino }, () => {
  test("a device that is not there is told with those that are", async () => {
    await assert.rejects(opened(street, { ...OPENVINO, device: "npu" }), { code: "E_MODEL_DEVICE", message: /^openvino finds no npu here, only CPU.*; one of Intel's and its driver are needed$/ });
  });

  test("a model that it can't compile is told as one for onnxruntime, which runs it", async () => {
    const path = unevenGatherModel();
    await assert.rejects(opened(path, OPENVINO), { code: "E_MODEL_RUNTIME", message: /^openvino can't run .*uneven-gather\.onnx: .*OpConversionFailure/ });
    await using session = await opened(path, {});
    assert.equal(await session.run(([output]) => output?.data.length), 105);
  });

  test("a session that was disposed runs no more, and is disposed twice at no harm; another one is not touched", async () => {
    await using other = await opened(street, OPENVINO);
    const session = await opened(street, OPENVINO);
    const before = await other.run(([output]) => Array.from(output!.data.slice(0, 100), Number));
    const isRunning = session.run((outputs) => outputs.length);
    assert.equal(await isRunning, 1);
    for (let time = 0; time < 2; time += 1) await session[Symbol.asyncDispose]();
    await assert.rejects(session.run(() => undefined), { code: "E_INFERENCE_FAILED", message: "the session was disposed before its run" });
    assert.deepEqual(await other.run(([output]) => Array.from(output!.data.slice(0, 100), Number)), before);
    assert.deepEqual(other.live, { runtime: "openvino", device: "cpu", precision: "f32", left: [] });
  });
});
