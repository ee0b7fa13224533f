import { systemClock, type Clock } from "../../src/core/clock.js";
import { logFiles, type LogTrouble } from "../../src/log/index.js";
import { askLog, type LogQuery } from "../../src/query/index.js";
import { project } from "../support/paths.js";

/** The log of version 1 that is kept for good; what is expected of it was counted by hand. */
export const VERSION_1 = project("test", "log", "fixtures", "version-1.jsonl");

/** Asks logs; what could not be read is collected. */
export async function ask(paths: readonly string[], signal = new AbortController().signal): Promise<{ readonly log: LogQuery; readonly troubles: LogTrouble[] }> {
  const troubles: LogTrouble[] = [];
  const log = await askLog(await logFiles(paths), { threads: 2, memoryBytes: 512 * 1024 ** 2, onTrouble: (trouble) => troubles.push(trouble), signal, clock: systemClock });
  return { log, troubles };
}

/** The machine's clock, but for the time of day. */
export const clockAt = (wallMs: number): Clock => ({ ...systemClock, wallMs: () => wallMs });
