import type { TestEvent } from "node:test/reporters";

/** How one test ended, as the runner counts it. */
export interface TestOutcome {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it was skipped, in its own words. */
  readonly reason: string;
}

/**
 * A reporter for Node's test runner: one line of JSON for each test that ended, so that the runner counts tests and
 * need not read prose.
 * Groups (`describe`) are no tests, but one that is skipped whole counts as one: Node does not tell which tests it holds. Tests
 * marked as to do are counted as skipped.
 */
export default async function* recorder(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== "test:pass" && type !== "test:fail") continue;
    const mark = [data.skip, data.todo].find((value) => value !== undefined && value !== false);
    if (data.details.type === "suite" && mark === undefined) continue;
    const outcome = mark !== undefined ? "skipped" : type === "test:pass" ? "passed" : "failed";
    const record: TestOutcome = { name: data.name, outcome, reason: typeof mark === "string" ? mark : "" };
    yield `${JSON.stringify(record)}\n`;
  }
}
