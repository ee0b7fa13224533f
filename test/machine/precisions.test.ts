import assert from "node:assert/strict";
import { test } from "node:test";
import { countsNatively } from "../../src/machine/index.js";

/** As /proc/cpuinfo tells them, shortened: Xeon of 2023 (AMX) and of 2025 (AMX in f16 too), Xeon of 2021 (AVX-512 alone), EPYC of 2022, a server of Arm's. */
const SAPPHIRE_RAPIDS = "model name\t: Intel(R) Xeon(R) Platinum 8481C\nflags\t\t: fpu avx2 avx512f avx512_bf16 avx512_fp16 amx_bf16 avx512_vnni amx_tile amx_int8\n";
const GRANITE_RAPIDS = "flags\t\t: fpu avx2 avx512f amx_bf16 amx_tile amx_int8 amx_fp16\n";
const ICE_LAKE = "flags\t\t: fpu f16c avx2 avx512f avx512bw avx512_vnni avx512_vbmi2\nbugs\t\t: amx_bf16 avx512_fp16\n";
const GENOA = "flags\t\t: fpu f16c avx2 avx512f avx512_bf16\n";
const GRAVITON = "processor\t: 0\nFeatures\t: fp asimd aes fphp asimdhp bf16\n";

for (const [name, cpuInfo, bf16, f16] of [
  ["AMX", SAPPHIRE_RAPIDS, true, true], ["AMX in f16", GRANITE_RAPIDS, true, true], ["AVX-512 alone", ICE_LAKE, false, false],
  ["AVX-512 in bf16", GENOA, true, false], ["Arm", GRAVITON, false, true], ["a system that does not tell", "", false, false],
] as const) {
  test(`what a processor counts in by nature: ${name}`, () => {
    assert.deepEqual([countsNatively("bf16", cpuInfo), countsNatively("f16", cpuInfo)], [bf16, f16]);
  });
}
