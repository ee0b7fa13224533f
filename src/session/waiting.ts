import { counted } from "../core/counted.js";
import type { StreamStats } from "../core/stats.js";
import type { Sink } from "../sinks/index.js";

const OVER: ReadonlySet<StreamStats["state"]> = new Set<StreamStats["state"]>(["ended", "failed"]);

/** What keeps a session that was told to stop from being over, in words. Pure. */
export function waitingFor(streams: readonly StreamStats[], runsOut: number, sinks: readonly Pick<Sink, "name" | "bufferedBytes">[]): string[] {
  const runs = runsOut === 0 ? [] : [counted(runsOut, "model run")];
  const open = streams.filter(({ state }) => !OVER.has(state)).map(({ stream, inHouse }) => `stream ${stream} with ${counted(inHouse, "frame")} under way`);
  const full = sinks.flatMap(({ name, bufferedBytes = 0 }) => (bufferedBytes === 0 ? [] : [`${counted(bufferedBytes, "byte")} for ${name}`]));
  return [...runs, ...open, ...full];
}
