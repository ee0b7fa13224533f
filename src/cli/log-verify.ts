import { systemClock } from "../core/clock.js";
import { counted } from "../core/counted.js";
import { PipelineError } from "../core/errors.js";
import { logFiles, verifyLog, type FileReport, type LogReport, type StreamAccount } from "../log/index.js";
import { parquetLines } from "../query/index.js";
import type { GivenFlags } from "./flags.js";
import { shareRead, troubleTeller } from "./log-progress.js";
import { print } from "./print.js";
import { showLine } from "./progress.js";
import { statusAfter, type Stop } from "./stop.js";
import { openTerminal, printable } from "./terminal.js";

/**
 * `sightline log verify LOG`: reads a log to its end; with `--repair` takes out what is no record.
 * @returns 1 when the log is not whole, 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_LOG_MISSING, E_USAGE
 */
export async function verify(path: string, given: GivenFlags, stop: Stop): Promise<number> {
  if (given["dryRun"] === true) throw new PipelineError("E_USAGE", "--dry-run is for log compact; log verify changes nothing without --repair");
  const files = await logFiles([path]);
  using terminal = openTerminal();
  stop.tellOn(terminal);
  let share = 0;
  let records = 0;
  const shareOfEntry = shareRead(files);
  let report: LogReport;
  try {
    using _progress = showLine(() => `verify  ${Math.floor(100 * share)}%  ${records} records`, terminal, systemClock);
    report = await verifyLog(files, {
      repair: given["repair"] === true, clock: systemClock, signal: stop.signal, parquetLines,
      onTrouble: troubleTeller(terminal),
      onEntry(entry) {
        records += 1;
        share = shareOfEntry(entry);
      },
    });
  } catch (thrown) {
    return statusAfter(thrown, stop);
  }
  if (given["json"] === true) await print(JSON.stringify({ v: 1, ...report }));
  else for (const line of reportText(report)) await print(printable(line));
  return report.isWhole ? 0 : 1;
}

/** What people read. Pure. */
export function reportText({ files, streams, isWhole }: LogReport): string[] {
  const records = files.reduce((sum, one) => sum + one.records, 0);
  const troubles = files.reduce((sum, one) => sum + one.troubles, 0);
  return [
    ...streams.map(streamText),
    ...files.flatMap(repairText),
    `${counted(files.length, "file")}, ${counted(records, "record")}, ${counted(troubles, "trouble")}: ${isWhole ? "the log is whole" : "the log is not whole"}`,
  ];
}

function streamText({ stream, frames, leftOut, skipped, lost, missing, disordered, runs, firstAt, lastAt }: StreamAccount): string {
  const told = [`${leftOut} left out as empty`, `${skipped} skipped`, `${lost} lost and told`].filter((words) => !words.startsWith("0 "));
  const wrong = [`${missing} missing`, `${disordered} out of order`].filter((words) => !words.startsWith("0 "));
  return [`${stream}  ${counted(frames, "frame")} in ${counted(runs, "run")}, ${firstAt} to ${lastAt}`, ...told, ...wrong.map((words) => words.toUpperCase())].join(", ");
}

function repairText({ path, repair }: FileReport): string[] {
  if (repair === null) return [];
  return ["kept" in repair ? `${path}  repaired; as it was: ${repair.kept}` : `${path}  not repaired: ${repair.problem}`];
}
