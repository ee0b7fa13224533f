import { basename } from "node:path";
import { systemClock } from "../core/clock.js";
import { availableCores } from "../machine/index.js";
import { compactLog, type CompactedDay } from "../query/index.js";
import type { GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { statusAfter, type Stop } from "./stop.js";
import { openTerminal, printable } from "./terminal.js";

/** More threads want more memory than they save time. */
const MOST_THREADS = 4;

/**
 * `sightline log compact LOG`: closed days become one Parquet file each.
 * @returns 1 when a day could not be put together, 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_LOG_MISSING
 */
export async function compact(path: string, given: GivenFlags, stop: Stop): Promise<number> {
  const [json, dryRun] = [given["json"] === true, given["dryRun"] === true];
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const days: CompactedDay[] = [];
  try {
    terminal.status("putting closed days together; Ctrl-C ends it");
    for await (const day of compactLog(path, { clock: systemClock, dryRun, threads: Math.min(MOST_THREADS, availableCores().cores), signal: stop.signal })) {
      days.push(day);
      if (!json) await print(printable(dayText(day, dryRun)));
    }
  } catch (thrown) {
    return statusAfter(thrown, stop);
  }
  terminal.status("");
  if (json) await print(JSON.stringify({ v: 1, dryRun, days }));
  else if (days.length === 0) terminal.say("sightline: there is no closed day to put together");
  return days.some(({ problem }) => problem !== null) ? 1 : 0;
}

function dayText({ day, parts, bytesBefore, bytesAfter, records, linesLeft, target, problem }: CompactedDay, dryRun: boolean): string {
  const from = `${day}  ${parts} ${parts === 1 ? "part" : "parts"}, ${mb(bytesBefore)}`;
  if (problem !== null) return `${from}  left as it is: ${problem}`;
  if (dryRun) return `${from}  would become ${basename(target)}`;
  const left = linesLeft === 0 ? "" : `; ${linesLeft} ${linesLeft === 1 ? "line that was no record is" : "lines that were no records are"} not in it`;
  return `${from}  now ${basename(target)}, ${records} records, ${mb(bytesAfter)}${left}`;
}

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
