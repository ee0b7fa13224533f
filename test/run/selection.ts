import { parseArgs } from "node:util";

/** What the arguments of `npm test` ask for. */
export interface Selection {
  /** Only files with one of these in their path; all when empty. */
  readonly fragments: readonly string[];
  /** The checks that take minutes (`*.long.test.ts`) instead of the others; `*.named.long.test.ts` only when a fragment names them. */
  readonly long: boolean;
  /** Only the rooms that a change of Node's version can break. */
  readonly core: boolean;
  /** Print the files, run nothing. */
  readonly list: boolean;
}

/**
 * Rooms whose tests run again under other versions of Node: they use threads, shared memory, streams or native code,
 * or are what the rest stands on.
 */
const CORE_ROOMS = [
  "accuracy",
  "config",
  "core",
  "machine",
  "metrics",
  "model",
  "numbered",
  "order",
  "picture",
  "pool",
  "record",
  "ring",
  "rx",
  "setup",
  "sinks",
  "source",
];

/**
 * Reads the arguments of `npm test -- ...`.
 * @throws TypeError with the flag's name when there is no such flag
 */
export function parseSelection(args: readonly string[]): Selection {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      long: { type: "boolean", default: false },
      core: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
    },
  });
  return { fragments: positionals, ...values };
}

/** Whether this is a run of everything, which alone is held to lint and to the least number of tests. */
export function isWhole({ fragments, long, core }: Selection): boolean {
  return fragments.length === 0 && !long && !core;
}

/**
 * Picks test files.
 * @param files paths of compiled tests from the folder of tests, with "/" between folders: `ring/frame-ring.test.js`
 * @returns those asked for, in the order given
 */
export function selectFiles(files: readonly string[], { fragments, long, core }: Selection): string[] {
  return files
    .filter((file) => file.endsWith(".test.js"))
    .filter((file) => file.endsWith(".long.test.js") === long)
    // Checks of ten minutes, and such that need what few machines have, run only for who names them.
    .filter((file) => fragments.length > 0 || !file.endsWith(".named.long.test.js"))
    .filter((file) => !core || CORE_ROOMS.some((room) => file.startsWith(`${room}/`)))
    .filter((file) => fragments.length === 0 || fragments.some((fragment) => file.includes(fragment)));
}

/**
 * Whether a file measures time or memory and must not share the machine with another (`*.alone.test.ts`, and all long
 * ones).
 */
export function runsAlone(file: string): boolean {
  return file.endsWith(".alone.test.js") || file.endsWith(".long.test.js");
}
