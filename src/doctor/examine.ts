import { asPipelineError, ERROR_TABLE } from "../core/errors.js";

/** What one look found. */
export interface Finding {
  readonly name: string;
  /** warn: it works, but not as it could. */
  readonly status: "ok" | "warn" | "fail";
  readonly detail: string;
  /** What to do; null when all is well. */
  readonly next: string | null;
}

/** One thing to look at. */
export interface Look {
  readonly name: string;
  /** Which of several it looks at, told in front of what it throws. */
  readonly of?: string;
  /** May throw: that is a finding too. */
  readonly look: () => Promise<Omit<Finding, "name">>;
}

/** All is well. */
export function ok(detail: string): Omit<Finding, "name"> {
  return { status: "ok", detail, next: null };
}

/** Looks at one thing after another; yields each finding when it is there. Never throws for what a look meets. */
export async function* examine(looks: readonly Look[]): AsyncGenerator<Finding> {
  for (const { name, of = "", look } of looks) yield { name, ...(await look().catch((thrown: unknown) => failure(thrown, of))) };
}

/** An error with a code brings its next step along. */
function failure(thrown: unknown, of: string): Omit<Finding, "name"> {
  const { code, message } = asPipelineError(thrown, "E_INTERNAL");
  return { status: "fail", detail: `${code} ${of}${message}`, next: ERROR_TABLE[code].next };
}
