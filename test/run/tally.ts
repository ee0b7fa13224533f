import type { FileResult } from "./file-run.js";

/** A check that is no test file: types, lint. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** What it printed; shown when it failed. */
  readonly output: string;
}

/** What has to hold beside "no test failed". */
export interface Demands {
  /** Fewer tests than this mean that a part of the suite was lost, which must not look like success. */
  readonly minimumTests: number;
  /** Counts each skipped test as a failure: where nothing may be missing. */
  readonly noSkips: boolean;
}

/** The sum of a run. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** One line for each failure. */
  readonly failures: readonly string[];
  /** One line for each skipped test, with its reason. */
  readonly skips: readonly string[];
}

/** Counts a run. Pure. A file that holds no test, or ends badly, counts as one failure. */
export function tally(results: readonly FileResult[], checks: readonly Check[], demands: Demands): Tally {
  const tests = results.flatMap(({ file, tests }) =>
    tests.map((test) => ({ ...test, title: `${file}: ${test.name}` })),
  );
  const passed = tests.filter(({ outcome }) => outcome === "passed").length + checks.filter(({ ok }) => ok).length;
  const skips = tests
    .filter(({ outcome }) => outcome === "skipped")
    .map(({ title, reason }) => (reason ? `${title} (${reason})` : title));
  const failures = [
    ...checks.filter(({ ok }) => !ok).map(({ name }) => `${name} failed`),
    ...tests.filter(({ outcome }) => outcome === "failed").map(({ title }) => title),
    ...results.flatMap(fileFailure),
  ];
  if (tests.length < demands.minimumTests) {
    failures.push(
      `only ${tests.length} tests ran, there are at least ${demands.minimumTests}: where did the others go?`,
    );
  }
  if (demands.noSkips) failures.push(...skips.map((skip) => `skipped, which is not allowed here: ${skip}`));
  return { passed, failed: failures.length, skipped: demands.noSkips ? 0 : skips.length, failures, skips };
}

/** What is wrong with a file as a whole, a line each: usually none. */
export function fileFailure({ file, tests, badEnd, leaks }: FileResult): string[] {
  const told = leaks.map((leak) => `${file} ${leak}`);
  if (badEnd !== undefined) return [...told, `${file} ${badEnd}`];
  return tests.length === 0 ? [...told, `${file} holds no test`] : told;
}

/** The last line of every run, which scripts may read. */
export function finalLine({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
