import type { Device, Precision, Runtime } from "../../core/devices.js";

/** What runs a model, each as it was read back and not as it was asked for; and what `auto` has tried before, in words. */
export interface LiveDevice {
  readonly runtime: Runtime;
  readonly device: Device;
  readonly precision: Precision;
  readonly left: readonly string[];
}

/** What runs the instances of a pool: `cuda`, `cpu+cuda` where they differ, `none` where there is none; and what any of them has tried before. */
export interface LiveDevices {
  readonly runtime: string;
  readonly device: string;
  readonly precision: string;
  readonly left: readonly string[];
}

/** Puts together what runs several instances. */
export function liveDevices(instances: readonly LiveDevices[]): LiveDevices {
  const all = (words: readonly string[]): string => [...new Set(words)].sort().join("+") || "none";
  return {
    runtime: all(instances.map(({ runtime }) => runtime)), device: all(instances.map(({ device }) => device)), precision: all(instances.map(({ precision }) => precision)),
    left: [...new Set(instances.flatMap(({ left }) => left))],
  };
}

/** Library, device and precision of a model's run, as it stands in every record: `onnxruntime/cpu/f32`. */
export const runtimeOf = ({ runtime, device, precision }: Pick<LiveDevices, "runtime" | "device" | "precision">): string => `${runtime}/${device}/${precision}`;
