import { PipelineError } from "../core/errors.js";
import type { GivenFlags } from "./flags.js";
import { compact } from "./log-compact.js";
import { verify } from "./log-verify.js";
import type { Stop } from "./stop.js";

/**
 * `sightline log verify LOG`, `sightline log compact LOG`
 * @throws PipelineError E_USAGE, and whatever the command throws
 */
export async function log([action, path, ...more]: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  if (path === undefined) throw new PipelineError("E_USAGE", `log ${action} needs the path of a log, the one that was given as --out`);
  if (more.length > 0) throw new PipelineError("E_USAGE", `${JSON.stringify(more[0])} is one word too many`);
  switch (action) {
    case "verify":
      return verify(path, given, stop);
    case "compact":
      return compact(path, given, stop);
    default:
      throw new PipelineError("E_USAGE", `log is followed by ${JSON.stringify(action)}; allowed: verify, compact`);
  }
}
