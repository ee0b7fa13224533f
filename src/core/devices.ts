/** What a model runs on. */
export type Device = "cpu" | "cuda" | "tensorrt" | "coreml" | "directml" | "webgpu";
/** What a model can be asked to run on. auto = the first of a few that works. */
export type WantedDevice = "auto" | Device;
/** All of them. */
export const DEVICES = ["auto", "cpu", "cuda", "tensorrt", "coreml", "directml", "webgpu"] as const satisfies readonly WantedDevice[];
