import { PipelineError } from "../core/errors.js";

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d+(?:\.\d+)?)(s|m|min|h|d)(?: ago)?$/;
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d{1,3})?)?(Z|[+-]\d\d:?\d\d)?)?$/;

/**
 * Reads a moment: ISO 8601 (UTC where no zone is given; a day alone is its begin) or how long ago (`90s`, `15m`, `2h`, `7d`).
 * @returns ISO 8601 in UTC with milliseconds
 * @throws PipelineError E_USAGE
 */
export function readMoment(text: string, name: string, nowMs: number): string {
  const [, amount, unit = ""] = AGO.exec(text.trim()) ?? [];
  const [, day, minutes = "00:00", seconds = ":00", zone = "Z"] = MOMENT.exec(text.trim()) ?? [];
  const wallMs = amount !== undefined ? nowMs - Number(amount) * UNIT_MS[unit]! : Date.parse(`${day}T${minutes}${seconds}${zone}`);
  if (!Number.isFinite(wallMs) || Math.abs(wallMs) > 8.64e15) {
    throw new PipelineError("E_USAGE", `${name} is ${JSON.stringify(text)}; allowed: a day or moment such as 2026-11-20, 2026-11-20T10:30, 2026-11-20T10:30:00+01:00, or how long ago: 90s, 15m, 2h, 7d`);
  }
  return new Date(wallMs).toISOString();
}

/**
 * Reads a length of time: `30s`, `1m`, `15m`, `1h`, `1d`.
 * @returns whole seconds, 1 to 31 days
 * @throws PipelineError E_USAGE
 */
export function readStep(text: string, name: string): number {
  const [, amount, unit = ""] = AGO.exec(text.trim()) ?? [];
  const seconds = amount === undefined ? NaN : (Number(amount) * UNIT_MS[unit]!) / 1000;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= LONGEST_STEP_S) return seconds;
  throw new PipelineError("E_USAGE", `${name} is ${JSON.stringify(text)}; allowed: whole seconds up to 31 days, such as 30s, 1m, 15m, 1h, 1d`);
}

/** s */
export const LONGEST_STEP_S = 31 * 86_400;
