import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { readMoment } from "../query/index.js";
import type { GivenFlags } from "./flags.js";

/**
 * A flag that is a moment, as `readMoment` reads it. ms since 1970; null when it was not given.
 * @throws PipelineError E_USAGE
 */
export function momentOf(given: GivenFlags, name: string): number | null {
  const text = given[name];
  return text === undefined ? null : Date.parse(readMoment(typeof text === "string" ? text : "", `--${name}`, systemClock.wallMs()));
}

/**
 * A flag that is a number from 0 to 1; `fallback` when it was not given.
 * @throws PipelineError E_USAGE
 */
export function shareOf(given: GivenFlags, flag: string, name: string, fallback: number): number {
  const text = given[name];
  if (text === undefined) return fallback;
  const share = typeof text === "string" && text.trim() !== "" ? Number(text) : NaN;
  if (share >= 0 && share <= 1) return share;
  throw new PipelineError("E_USAGE", `${flag} is ${JSON.stringify(text)}; allowed: a number from 0 to 1`);
}
