import { PipelineError } from "../core/errors.js";
import { ok, type Look } from "./examine.js";
import type { AvailableCores } from "../machine/index.js";

/** Oldest Node that has everything we use; package.json says the same. */
const LEAST_NODE = [20, 19] as const;

/** Whether Node is new enough. `version` as in process.versions.node. */
export function nodeLook(version: string): Look {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1]);
  const finding = isOld
    ? { status: "fail" as const, detail: `${version}, at least ${LEAST_NODE.join(".")} is needed`, next: "install a newer Node from https://nodejs.org" }
    : ok(version);
  return { name: "Node", look: () => Promise.resolve(finding) };
}

/** The cores that `--workers auto` takes; `machine` is one line that names them. */
export function coresLook({ cores }: AvailableCores, machine: string): Look {
  const next = "give the container or the process a second core: decoding and the model share this one";
  return { name: "cores", look: () => Promise.resolve(cores > 1 ? ok(machine) : { status: "warn", detail: machine, next }) };
}

/** What runs the models, and in which mode. */
export function runtimeLook(mode: string, describe: () => Promise<{ readonly version: string; readonly providers: readonly string[] }>): Look {
  return {
    name: "onnxruntime",
    async look() {
      const { version, providers } = await describe();
      if (providers.includes("cpu")) return ok(`${version}, providers ${providers.join(", ")}, mode ${mode}`);
      return { status: "fail", detail: `${version} has no CPU provider, only ${providers.join(", ") || "none"}`, next: "reinstall it with: npm ci" };
    },
  };
}

/** Where OpenVINO is, and its version as far as it is known before it is loaded. */
export interface OpenvinoPlace {
  readonly version: string | null;
  readonly libraryPath: string;
  readonly from: string;
}

/** What it says of itself when it is loaded. */
export interface OpenvinoFacts {
  readonly version: string;
  readonly devices: readonly { readonly device: string; readonly name: string; readonly precisions: readonly string[] }[];
}

/**
 * Whether OpenVINO is here. Where `runs`, the runtime of the settings, is another one and nobody has named a place for it, its
 * absence is no fault, and it is not loaded. `find` throws as `findOpenvino` does, `load` when it can't be used.
 */
export function openvinoLook<T extends OpenvinoPlace>(runs: string, isNamed: boolean, find: () => T, load: (place: T) => Promise<OpenvinoFacts>): Look {
  const isAsked = runs === "openvino";
  const use = isAsked ? "runs the models" : `not used: ${runs} runs the models`;
  return {
    name: "openvino",
    async look() {
      try {
        const place = find();
        const { version, devices } = isAsked ? await load(place) : { ...place, devices: [] };
        const has = devices.map(({ device, name, precisions }) => ` on ${device} (${name}; ${precisions.join(", ")})`).join(",");
        return ok(`${version ?? "version unknown"}, ${use}${has}; ${place.libraryPath} (${place.from})`);
      } catch (thrown) {
        if (isAsked || isNamed || !(thrown instanceof PipelineError) || thrown.code !== "E_RUNTIME_MISSING") throw thrown;
        return ok(`not at this machine, ${use}; sightline runtime add openvino brings it`);
      }
    },
  };
}
