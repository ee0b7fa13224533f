import { readFileSync } from "node:fs";

/** Instructions that count in them; as Linux calls them. */
const FLAGS = {
  bf16: ["amx_bf16", "avx512_bf16", "avx_ne_convert"],
  f16: ["amx_fp16", "avx512_fp16", "fphp"],
} as const;

/** Whether this machine's processor counts in bf16 or f16 by nature. Where the system does not tell (it is not Linux): no. */
export function countsNatively(precision: keyof typeof FLAGS, cpuInfo: string = readCpuInfo()): boolean {
  const flags = new Set(/^(?:flags|Features)\s*:(.*)$/m.exec(cpuInfo)?.[1]?.trim().split(/\s+/));
  return FLAGS[precision].some((flag) => flags.has(flag));
}

function readCpuInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
