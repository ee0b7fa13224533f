import type { Clock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import type { ReportAnswer, ReportDesk, ReportInfo, ReportWish } from "../gateway/index.js";
import { logFiles } from "../log/index.js";

/** A report that takes longer is given up, ms. */
const LIMIT_MS = 30_000;
/** So many may wait for their turn; each waits for those before it. */
const MOST_WAITING = 4;
/** Rows of one answer. */
const MOST_ROWS = 10_000;
/** Asking must leave the cores to the models. */
const THREADS = 1;
const MEMORY_BYTES = 512 * 1024 * 1024;

/** Loaded when somebody asks: a run that is not asked has no use for a database. */
const queryCode = () => import("../query/index.js");

/** Ready answers about the log that this session writes, one at a time. Closing ends the one that is made. */
export function reportDesk(logPath: string | null, clock: Clock): ReportDesk & Disposable {
  const closing = new AbortController();
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const unavailable = logPath === null ? "this program writes no log" : logPath === "-" ? "this program writes its records to standard output, not into a log" : null;
  return {
    list: async () => ({ reports: (await queryCode()).REPORTS.map(shown), unavailable }),
    async answer(name, wish, signal) {
      if (logPath === null || unavailable !== null) throw new PipelineError("E_LOG_NONE", unavailable ?? "");
      if (waiting >= MOST_WAITING) throw new PipelineError("E_TOO_MANY", `${waiting} reports are waited for already`);
      waiting += 1;
      const mine = turn.then(() => answered(logPath, name, wish, AbortSignal.any([signal, closing.signal]), clock));
      turn = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        waiting -= 1;
      }
    },
    [Symbol.dispose]: () => closing.abort(),
  };
}

const shown = ({ name, title, help, hasStep }: ReportInfo): ReportInfo => ({ name, title, help, hasStep });

async function answered(path: string, name: string, { since, until, step, streams }: ReportWish, signal: AbortSignal, clock: Clock): Promise<ReportAnswer> {
  if (signal.aborted) throw new PipelineError("E_STOPPED", "nobody waits for it any more");
  const { askLog, narrowed, readMoment, readStep, reportNamed, reportQuery } = await queryCode();
  const nowMs = clock.wallMs();
  const ask = {
    ...(since !== undefined && { since: readMoment(since, "since", nowMs) }), ...(until !== undefined && { until: readMoment(until, "until", nowMs) }),
    ...(step !== undefined && { stepS: readStep(step, "step") }), ...(streams && { streams }),
  };
  const query = reportQuery(name, ask);
  const slow = new AbortController();
  using _limit = clock.after(LIMIT_MS, () => slow.abort());
  const troubles: string[] = [];
  try {
    const files = narrowed(await logFiles([path]), ask);
    await using log = await askLog(files, { threads: THREADS, memoryBytes: MEMORY_BYTES, onTrouble: ({ path: at, message }) => troubles.push(`${at}: ${message}`), signal: AbortSignal.any([signal, slow.signal]), clock });
    return { ...shown(reportNamed(name)), ...(await log.rows(query, MOST_ROWS)), troubles };
  } catch (thrown) {
    if (slow.signal.aborted) throw new PipelineError("E_QUERY_SLOW", `the report ${name} took longer than ${LIMIT_MS / 1000} s`);
    throw asPipelineError(thrown, "E_QUERY");
  }
}
