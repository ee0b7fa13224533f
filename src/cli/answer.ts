import { PipelineError } from "../core/errors.js";
import type { GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { printable } from "./terminal.js";

/** How a word after a command is answered: for a program, and for people. */
export interface Answer {
  readonly json: Readonly<Record<string, unknown>>;
  readonly lines: readonly string[];
  /** Exit status. Default: 0. */
  readonly status?: number;
}

/**
 * Answers `sightline COMMAND ACTION [WORD]` on standard output, with --json as one object.
 * @returns the exit status
 * @throws PipelineError E_USAGE when there are more words; what `answerTo` throws
 */
export async function showAnswer([action, word, ...more]: readonly string[], given: GivenFlags, answerTo: (action: string | undefined, word: string | undefined) => Promise<Answer>): Promise<number> {
  if (more.length > 0) throw new PipelineError("E_USAGE", `${JSON.stringify(more[0])} is one word too many`);
  const { json, lines, status = 0 } = await answerTo(action, word);
  if (given["json"] === true) await print(JSON.stringify({ v: 1, ...json }));
  else for (const line of lines) await print(printable(line));
  return status;
}
