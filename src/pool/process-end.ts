import type { ReplacementCause } from "./pool.js";

/** How a process ended, as the system tells it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last that it wrote to stderr, or why it could not be started. */
  readonly lastWords: string;
}

/** Why a worker was lost, in a word for counting and in words for people. */
export interface Loss {
  readonly cause: ReplacementCause;
  readonly words: string;
}

/** What V8 and the C++ runtime say when there is no memory left. */
const OUT_OF_MEMORY = /heap out of memory|out of memory|bad_alloc|cannot allocate memory/i;

/** Reads an end that nobody here wanted. Pure. */
export function lossOf({ code, signal, lastWords }: ProcessEnd): Loss {
  const how = signal ?? (code === null ? lastWords : `status ${code}`);
  if (OUT_OF_MEMORY.test(lastWords)) return { cause: "out_of_memory", words: `out of memory, ${how}` };
  if (signal === "SIGKILL") return { cause: "crashed", words: "SIGKILL from outside: somebody, or the system for want of memory" };
  if (signal !== null) return { cause: "crashed", words: signal };
  return { cause: "exited", words: how };
}
