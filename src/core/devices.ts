/** What a model can be asked to run on. auto = the first of a few that works. */
export const DEVICES = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"] as const;
/** One of DEVICES. */
export type WantedDevice = (typeof DEVICES)[number];
/** What a model runs on. */
export type Device = Exclude<WantedDevice, "auto">;
