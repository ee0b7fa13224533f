import type { TestContext } from "node:test";
import { findOpenvino, type OpenvinoLibraries } from "../../src/openvino/index.js";

/** The OpenVINO of this machine, as set-up found or added it; undefined where there is none. */
export const openvinoPath: string | undefined = process.env["OPENVINO_PATH"];

/** OpenVINO's libraries, for a program of its own by SIGHTLINE_OPENVINO. Skips the running test, in words, when there are none. */
export function requireOpenvino(t: TestContext): OpenvinoLibraries | undefined {
  if (openvinoPath !== undefined) return findOpenvino({ path: openvinoPath });
  t.skip("SKIPPED: no OpenVINO found; run sightline runtime add openvino, or set SIGHTLINE_OPENVINO");
  return undefined;
}
