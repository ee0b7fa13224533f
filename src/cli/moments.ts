import { PipelineError } from "../core/errors.js";
import type { GivenFlags } from "./flags.js";

const MOMENT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * A flag that is a moment: a day or a time as ISO 8601, UTC where it has no zone. ms since 1970; null when it was not given.
 * @throws PipelineError E_USAGE
 */
export function momentOf(given: GivenFlags, name: string): number | null {
  const text = given[name];
  if (text === undefined) return null;
  const match = typeof text === "string" ? MOMENT.exec(text) : null;
  const atMs = match ? Date.parse(match[0].includes("T") && match[1] === undefined ? `${match[0]}Z` : match[0]) : NaN;
  if (!Number.isNaN(atMs)) return atMs;
  throw new PipelineError("E_USAGE", `--${name} is ${JSON.stringify(text)}; allowed: a day or a time such as 2026-11-20 or 2026-11-20T10:30:00Z`);
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
