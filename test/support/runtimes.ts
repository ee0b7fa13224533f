import type { TestContext } from "node:test";
import type { RuntimeWish } from "../../src/core/devices.js";
import { findOpenvino, type OpenvinoLibraries } from "../../src/openvino/index.js";

/** The OpenVINO of this machine, as set-up found or added it; undefined where there is none. */
const openvinoPath: string | undefined = process.env["OPENVINO_PATH"];

/** Why what runs with OpenVINO is skipped; false where it is at this machine. */
export const skipOpenvino: string | false = openvinoPath === undefined && "SKIPPED: needs OpenVINO (sightline runtime add openvino, or set SIGHTLINE_OPENVINO)";

/** Asks for it, the one that set-up has found. */
export const OPENVINO: RuntimeWish = { runtime: "openvino", openvinoPath: openvinoPath ?? null };

/** The same for a program of its own. */
export const OPENVINO_VARIABLES: Readonly<Record<string, string | undefined>> = { SIGHTLINE_OPENVINO: openvinoPath };

/** Its libraries. Skips the running test, in words, when there are none. */
export function requireOpenvino(t: TestContext): OpenvinoLibraries | undefined {
  if (openvinoPath !== undefined) return findOpenvino({ path: openvinoPath });
  t.skip(String(skipOpenvino));
  return undefined;
}

/** Both runtimes, as suites that are run with each of them name and ask for them. */
export const BOTH_RUNTIMES: readonly { readonly name: string; readonly wish: RuntimeWish; readonly skip: string | false }[] = [
  { name: "onnxruntime", wish: {}, skip: false },
  { name: "openvino", wish: OPENVINO, skip: skipOpenvino },
];
