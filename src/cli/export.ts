import { systemClock } from "../core/clock.js";
import { counted } from "../core/counted.js";
import { PipelineError } from "../core/errors.js";
import { EXPORT_FORMATS, exportLog, type ExportCounts, type ExportFormatName, type ExportOptions } from "../export/index.js";
import { logFiles } from "../log/index.js";
import { parquetLines } from "../query/index.js";
import type { GivenFlags } from "./flags.js";
import { shareRead, troubleTeller } from "./log-progress.js";
import { momentOf, shareOf } from "./moments.js";
import { print } from "./print.js";
import { showLine } from "./progress.js";
import { statusAfter, type Stop } from "./stop.js";
import { openTerminal } from "./terminal.js";

/**
 * `sightline export LOG...`
 * @returns 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_USAGE, and those of `logFiles` and `exportLog`
 */
export async function exportCommand(paths: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  if (paths.length === 0) throw new PipelineError("E_USAGE", "no log was given to export; give the path of --out, one of its files, or their folder");
  const options = exportOptions(given);
  const files = await logFiles(paths);
  if (files.some(({ path }) => path === options.out)) throw new PipelineError("E_USAGE", `--out ${options.out} is the log itself`);
  using terminal = openTerminal();
  stop.tellOn(terminal);
  let troubles = 0;
  let counts: ExportCounts = { records: 0, frames: 0, objects: 0, streams: 0, notes: [] };
  let share = 0;
  const tell = troubleTeller(terminal);
  const onTrouble = (trouble: Parameters<typeof tell>[0]): void => {
    troubles += 1;
    tell(trouble);
  };
  const shareOfEntry = shareRead(files);
  try {
    using _progress = showLine(() => `${options.format}  ${Math.floor(100 * share)}%  ${counts.records} records  ${counts.frames} frames  ${counts.objects} objects`, terminal, systemClock);
    counts = await exportLog(files, options, {
      reading: { onTrouble, parquetLines },
      signal: stop.signal,
      onEntry: (entry, sofar) => {
        counts = sofar;
        share = shareOfEntry(entry);
      },
    });
  } catch (thrown) {
    return statusAfter(thrown, stop);
  }
  for (const note of counts.notes) terminal.say(`sightline: ${terminal.paint.yellow(note)}`);
  if (given["json"] === true) await print(JSON.stringify({ v: 1, ok: true, format: options.format, out: options.out, ...counts, troubles }));
  else terminal.say(wroteText(options, counts));
  return 0;
}

/** The last line. Pure. */
export function wroteText({ format, out }: Pick<ExportOptions, "format" | "out">, { frames, objects, streams }: ExportCounts): string {
  return `${out}: ${counted(objects, "object")} of ${counted(frames, "frame")}, ${counted(streams, "stream")}, as ${format}`;
}

function exportOptions(given: GivenFlags): ExportOptions {
  const { format, out, stream, classes } = given;
  const names = Object.keys(EXPORT_FORMATS);
  if (typeof format !== "string" || !names.includes(format)) {
    throw new PipelineError("E_USAGE", `--format is ${format === undefined ? "missing" : JSON.stringify(format)}; allowed: ${names.join(", ")}`);
  }
  if (typeof out !== "string" || out === "") throw new PipelineError("E_USAGE", "--out is missing; give the file or folder to write");
  if (out === "-") throw new PipelineError("E_USAGE", "--out - is standard output, which an export is not written to; give a file or folder, or use: sightline query --format csv");
  return {
    format: format as ExportFormatName,
    out,
    stream: typeof stream === "string" ? stream : null,
    sinceMs: momentOf(given, "since"),
    untilMs: momentOf(given, "until"),
    minScore: shareOf(given, "--min-score", "minScore", 0),
    classes: typeof classes === "string" ? classes.split(",").map((name) => name.trim()).filter(Boolean) : [],
    force: given["force"] === true,
  };
}
