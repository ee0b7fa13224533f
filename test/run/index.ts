import { mkdtemp, readdir, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join, sep } from "node:path";
import { compiledTestsDir, runFile, type FileResult, type FileRunOptions } from "./file-run.js";
import { isWhole, parseSelection, runsAlone, selectFiles, type Selection } from "./selection.js";
import { fileFailure, finalLine, tally, type Check, type Tally } from "./tally.js";

/** Raise this as the suite grows: a run of everything with fewer tests fails. */
const MINIMUM_TESTS = 400;

/** A few times what the slowest file takes on two slow cores. */
const FILE_TIMEOUT_MS = 180_000;
const LONG_FILE_TIMEOUT_MS = 900_000;
/** Who names a long test waits for it: some take an hour. */
const NAMED_FILE_TIMEOUT_MS = 7_200_000;

/** The figures in the tests hold for two files at a time on two cores; more would let them disturb each other. */
const MOST_FILES_AT_ONCE = 2;

const SLOWEST_SHOWN = 5;

/** What set-up found before any test ran. */
export interface Checks {
  readonly types: Omit<Check, "name">;
  /** Missing where it was not asked for. */
  readonly lint?: Omit<Check, "name">;
}

/**
 * Runs the compiled tests, prints what they found, and as the last line "N passed, N failed".
 * @param args as in `npm test -- [path fragment...] [--long] [--core] [--list]`
 * @param testsDir folder of compiled tests
 * @returns the exit status: 0 only when nothing failed
 */
export async function runTests(
  args: readonly string[],
  { types, lint }: Checks,
  testsDir: string = compiledTestsDir,
): Promise<number> {
  let selection: Selection;
  try {
    selection = parseSelection(args);
  } catch (error) {
    print(`${String(error)}\nnpm test -- [path fragment...] [--long] [--core] [--list]`);
    return 2;
  }
  const files = selectFiles(await filesIn(testsDir), selection);
  if (selection.list) {
    print(files.join("\n"));
    return 0;
  }
  const whole = isWhole(selection);
  const checks = [{ name: "types", ...types }, ...(lint === undefined ? [] : [{ name: "lint", ...lint }])].filter(
    ({ ok }) => whole || !ok,
  );
  for (const check of checks)
    print(`${check.ok ? "ok  " : "FAIL"} ${check.name}${check.ok ? "" : `\n${check.output.trimEnd()}`}`);
  // Code that does not compile would fail in a hundred ways that all say the same. Who picks a few files wants to see
  // them run.
  const results =
    types.ok || !whole
      ? await runFiles(files, testsDir, { ...selection, verbose: !whole && selection.fragments.length > 0 })
      : [];
  const sum = tally(results, checks, {
    minimumTests: whole && types.ok ? MINIMUM_TESTS : Math.min(1, Number(types.ok)),
    noSkips: skipsAreFailures(),
  });
  printSum(results, sum);
  return sum.failed === 0 ? 0 : 1;
}

/**
 * In CI everything that a test may need is there, so that a skipped one is a hole. SIGHTLINE_NO_SKIP=0 or 1 overrides.
 */
function skipsAreFailures(): boolean {
  const wish = process.env["SIGHTLINE_NO_SKIP"];
  return wish === undefined ? process.env["CI"] === "true" : wish === "1";
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.map((name) => name.split(sep).join("/")).sort();
}

async function runFiles(
  files: readonly string[],
  testsDir: string,
  how: { long: boolean; verbose: boolean },
): Promise<FileResult[]> {
  const recordsDir = await mkdtemp(join(tmpdir(), "sightline-tests-"));
  const stop = new AbortController();
  const interrupted = () => stop.abort();
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  const options = {
    testsDir,
    recordsDir,
    timeoutMs: !how.long ? FILE_TIMEOUT_MS : how.verbose ? NAMED_FILE_TIMEOUT_MS : LONG_FILE_TIMEOUT_MS,
    signal: stop.signal,
  };
  try {
    const together = await runQueue(
      files.filter((file) => !runsAlone(file)),
      Math.min(MOST_FILES_AT_ONCE, availableParallelism()),
      options,
      how.verbose,
    );
    const alone = await runQueue(files.filter(runsAlone), 1, options, how.verbose);
    return [...together, ...alone];
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
    await rm(recordsDir, { recursive: true, force: true });
  }
}

async function runQueue(
  files: readonly string[],
  atOnce: number,
  options: FileRunOptions,
  verbose: boolean,
): Promise<FileResult[]> {
  const results: FileResult[] = [];
  const waiting = [...files];
  const runner = async () => {
    for (let file = waiting.shift(); file !== undefined && !options.signal.aborted; file = waiting.shift()) {
      const result = await runFile(file, options);
      results.push(result);
      printFile(result, verbose);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
  return results;
}

function printFile(result: FileResult, verbose: boolean): void {
  const { file, tests, output, durationMs } = result;
  const bad = tests.some(({ outcome }) => outcome === "failed") || fileFailure(result).length > 0;
  print(`${bad ? "FAIL" : "ok  "} ${file} (${tests.length} tests, ${(durationMs / 1000).toFixed(1)} s)`);
  if (bad || verbose) print(output.trimEnd());
}

function printSum(results: readonly FileResult[], sum: Tally): void {
  const slowest = [...results].sort((a, b) => b.durationMs - a.durationMs).slice(0, SLOWEST_SHOWN);
  if (results.length > SLOWEST_SHOWN) {
    print(
      `\nslowest: ${slowest.map(({ file, durationMs }) => `${file} ${(durationMs / 1000).toFixed(1)} s`).join(", ")}`,
    );
  }
  if (sum.skips.length > 0) print(`\nSKIPPED, so not tested:\n${indent(sum.skips)}`);
  if (sum.failures.length > 0) print(`\nFAILED:\n${indent(sum.failures)}`);
  print(`\n${finalLine(sum)}`);
}

function indent(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join("\n");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
