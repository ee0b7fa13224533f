import assert from "node:assert/strict";
import { copyFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.js";
import { DEVICES } from "../../src/core/devices.js";
import { asPipelineError, messageOf, type PipelineError } from "../../src/core/errors.js";
import { devicesToTry, explainDevice, missingLibrary, whyNotHere, type OnnxruntimeDevice, type RuntimePackage } from "../../src/pool/runtimes/devices.js";
import { liveDevices } from "../../src/pool/runtimes/live.js";
import { ModelInstance, openPool, type InferenceMode } from "../../src/pool/index.js";
import { constantModel } from "../support/models.js";
import { numberedPoolOptions, temporaryFolder } from "../support/pool.js";

const CUDA_LIBRARIES = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"];
/** A build that knows everything. */
const ALL: RuntimePackage = { backends: ["cpu", "webgpu", "cuda", "tensorrt", "coreml", "dml"], folder: temporaryFolder(), installScript: "/x/install.js", system: "linux x64" };

function withLibraries(...names: string[]): RuntimePackage {
  const folder = temporaryFolder();
  for (const name of names) writeFileSync(join(folder, name), "");
  return { ...ALL, folder };
}

// Before this process loads onnxruntime, which would be found by its name from then on.
test("a library that lacks another one is told with that one's name", { skip: process.platform !== "linux" && "SKIPPED: only Linux has libraries that are fetched by hand" }, () => {
  const bin = fileURLToPath(new URL(`../bin/`, import.meta.resolve("onnxruntime-node")));
  const [build = ""] = readdirSync(bin);
  // The runtime's own binding looks for libonnxruntime beside itself, where it is not.
  const path = join(temporaryFolder(), "libonnxruntime_providers_cuda.so");
  copyFileSync(join(bin, build, process.platform, process.arch, "onnxruntime_binding.node"), path);
  assert.match(missingLibrary(path) ?? "", /^libonnxruntime\.so/);
  assert.equal(missingLibrary(process.execPath), null);
});

describe("auto", () => {
  test("tries cuda only where its libraries are, and never what is experimental or counts otherwise", () => {
    assert.deepEqual(devicesToTry("auto", ALL), ["cpu"]);
    assert.deepEqual(devicesToTry("auto", withLibraries(...CUDA_LIBRARIES)), ["cuda", "cpu"]);
    assert.deepEqual(devicesToTry("auto", withLibraries(CUDA_LIBRARIES[1]!)), ["cpu"]);
    assert.deepEqual(devicesToTry("auto", { ...withLibraries(...CUDA_LIBRARIES), backends: ["cpu", "coreml", "dml", "webgpu"] }), ["cpu"]);
  });

  test("does not stand in for what is named: that is tried alone", () => {
    for (const device of DEVICES) if (device !== "auto" && device !== "gpu" && device !== "npu") assert.deepEqual(devicesToTry(device, ALL), [device]);
  });
});

test("what a device lacks is told with how to get it", () => {
  assert.equal(whyNotHere("webgpu", ALL), null);
  assert.equal(whyNotHere("directml", { ...ALL, backends: ["cpu", "webgpu"] }), "onnxruntime for linux x64 has no directml, it has cpu, webgpu");
  assert.match(whyNotHere("cuda", withLibraries(CUDA_LIBRARIES[0]!)) ?? "", /^libonnxruntime_providers_cuda\.so is not in .*; fetch it with: ONNXRUNTIME_NODE_INSTALL=cuda12 node \/x\/install\.js$/);
  assert.match(whyNotHere("tensorrt", withLibraries(...CUDA_LIBRARIES)) ?? "", /^libonnxruntime_providers_tensorrt\.so /);

  const explain = (device: OnnxruntimeDevice, words: string, lacking: string | null = null): string => explainDevice(device, words, ALL, () => lacking);
  const notLoaded = "OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library";
  assert.match(explain("cuda", notLoaded, "libcudnn.so.9"), /^libcudnn\.so\.9 is missing, a part of cuDNN 9; install it, and name its folder in LD_LIBRARY_PATH$/);
  assert.match(explain("cuda", notLoaded, "libcublasLt.so.12"), /a part of CUDA 12/);
  assert.match(explain("tensorrt", notLoaded, "libnvinfer.so.10"), /a part of TensorRT 10/);
  assert.match(explain("cuda", notLoaded), /can't be loaded: OrtSession/);
  assert.match(explain("cuda", "CUDA failure 100: no CUDA-capable device is detected ; GPU=-1"), /^there is no NVIDIA graphics processor/);
  assert.match(explain("cuda", "CUDA failure 2: out of memory ; GPU=0"), /^its memory is full; one or two inference\.workers/);
  assert.match(explain("webgpu", "Failed to get a WebGPU adapter: No supported adapters\nmore"), /Vulkan/);
  assert.equal(explain("coreml", "something else\nand its stack"), "something else");
});

test("instances that differ are told as they are", () => {
  const live = (device: string, ...left: string[]) => ({ runtime: "onnxruntime", device, precision: "f32", left });
  assert.deepEqual(liveDevices([live("cuda"), live("cpu", "cuda: full"), live("cpu", "cuda: full")]), live("cpu+cuda", "cuda: full"));
  assert.deepEqual(liveDevices([]), { runtime: "none", device: "none", precision: "none", left: [] });
});

/** What a device that may or may not be here gives: the error, or what runs. */
async function tried(open: () => Promise<string>): Promise<string | PipelineError> {
  try {
    return await open();
  } catch (thrown) {
    return asPipelineError(thrown, "E_INTERNAL");
  }
}

function check(device: OnnxruntimeDevice, found: string | PipelineError): void {
  if (typeof found === "string") return assert.equal(found, device);
  assert.equal(found.code, "E_MODEL_DEVICE", messageOf(found));
  assert.match(found.message, new RegExp(`^${device} is not available: ..`));
}

test("an instance runs on the device that is asked for, or says why it can't", async () => {
  const model = constantModel(0);
  for (const device of ["cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"] as const) {
    check(device, await tried(async () => {
      await using instance = await ModelInstance.open({ model, device });
      return instance.device;
    }));
  }
  await using instance = await ModelInstance.open({ model });
  assert.match(instance.device, /^(cpu|cuda)$/);
});

test("a pool of any mode does the same, and tells what runs", async () => {
  const options = { ...(await numberedPoolOptions()), workers: 2 };
  for (const mode of ["threads", "shared", "processes"] satisfies InferenceMode[]) {
    for (const device of ["cuda", "webgpu"] as const) {
      check(device, await tried(async () => {
        await using pool = await openPool({ ...options, mode, device }, systemClock);
        return pool.live.device;
      }));
    }
    await using pool = await openPool({ ...options, mode, device: "auto" }, systemClock);
    assert.match(pool.live.device, /^(cpu|cuda)$/, mode);
  }
});
