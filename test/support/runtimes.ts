import type { RuntimeWish } from "../../src/core/devices.js";
import { messageOf } from "../../src/core/errors.js";
import { findOpenvino } from "../../src/openvino/index.js";

/** Why what runs with OpenVINO is skipped; false where it is at this machine. */
export const skipOpenvino: string | false = (() => {
  try {
    findOpenvino();
    return false;
  } catch (error) {
    return `SKIPPED: needs OpenVINO (sightline runtime add openvino): ${messageOf(error)}`;
  }
})();

/** Both runtimes, as suites that are run with each of them name and ask for them. */
export const BOTH_RUNTIMES: readonly { readonly name: string; readonly wish: RuntimeWish; readonly skip: string | false }[] = [
  { name: "onnxruntime", wish: {}, skip: false },
  { name: "openvino", wish: { runtime: "openvino" }, skip: skipOpenvino },
];
