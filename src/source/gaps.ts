import type { SourceAddress } from "./address.js";
import { runShort } from "./child.js";
import type { FrameGaps, Gaps } from "./frame-kinds.js";
import { probePlan, type InputSettings } from "./input.js";
import type { Probe } from "./probe.js";
import { feedInput } from "./stdin.js";

/** What measuring needs to know. */
export interface GapSettings extends InputSettings {
  readonly ffprobePath: string;
  /** Most frames a second that are wanted; null = all. */
  readonly maxFps: number | null;
}

/** Of a file so much is looked at, s: its packets alone, which are read and not decoded. */
const FILE_SECONDS = 60;
/** Above this rate no camera's key frames are enough, so a live stream is not kept waiting to learn it, fps. */
const MOST_KEY_FPS = 2;
/** So many wanted periods are looked at of a live stream: two whole gaps and what lies before the first key frame. */
const PERIODS = 3.5;
const LEAST_SECONDS = 2;
const MOST_SECONDS = 8;
/** Of frames that refer to each other a pattern shows soon, s. */
const REFERENCE_SECONDS = 3;
/** What opening may take beyond what is looked at, ms. */
const OPENING_MS = 12_000;

/**
 * Measures how far apart a stream's key frames are, and those that others refer to, where leaving the others out may be of use:
 * with ffprobe, over one connection. null = it is of no use to know, or could not be told.
 * @throws PipelineError E_STOPPED
 */
export async function measureGaps(address: SourceAddress, settings: GapSettings, probe: Probe, signal?: AbortSignal): Promise<FrameGaps | null> {
  const { maxFps } = settings;
  if (maxFps === null) return null;
  if (address.kind === "file") {
    const gaps = await look(address, settings, FILE_SECONDS, false, probe, signal);
    if (gaps === null || !probe.hasBFrames) return gaps;
    const pattern = await look(address, settings, REFERENCE_SECONDS, true, probe, signal);
    return { ...gaps, references: pattern?.references ?? null };
  }
  if (address.kind !== "network" || (maxFps > MOST_KEY_FPS && !probe.hasBFrames)) return null;
  const seconds = Math.min(MOST_SECONDS, Math.max(LEAST_SECONDS, PERIODS / maxFps));
  return look(address, settings, seconds, probe.hasBFrames, probe, signal);
}

async function look(address: SourceAddress, settings: GapSettings, seconds: number, decodes: boolean, probe: Probe, signal?: AbortSignal): Promise<FrameGaps | null> {
  const plan = probePlan(address, settings);
  const frames = decodes ? ["-show_frames", "-skip_frame", "noref"] : [];
  const entries = `packet=pts_time,dts_time,flags${decodes ? ":frame=best_effort_timestamp_time" : ""}`;
  const args = ["-v", "error", "-of", "csv", "-select_streams", "v:0", "-show_packets", ...frames, "-show_entries", entries, "-read_intervals", `%+${seconds}`, ...plan.options, "-i", plan.input];
  const run = { timeoutMs: seconds * 1000 + OPENING_MS, feed: (stdin: Parameters<typeof feedInput>[0]) => feedInput(stdin, plan), environment: plan.environment };
  const { code, stdout } = await runShort(settings.ffprobePath, args, signal, run);
  return code === 0 ? readGaps(stdout, probe) : null;
}

/** Reads ffprobe's lines, `packet,PTS,DTS,FLAGS` and `frame,PTS`. Pure; exported for its test. */
export function readGaps(csv: string, { expectedFrames, countIsExact }: Pick<Probe, "expectedFrames" | "countIsExact">): FrameGaps {
  const rows = csv.split("\n").map((line) => line.trim().split(","));
  const packets = rows.filter(([kind]) => kind === "packet").map(([, pts, dts, flags = ""]) => ({ ms: 1000 * Number(pts === "N/A" ? dts : pts), isKey: flags.startsWith("K") }));
  const times = (some: readonly { readonly ms: number }[]): number[] => some.map(({ ms }) => ms).filter(Number.isFinite);
  const references = rows.filter(([kind]) => kind === "frame").map(([, pts]) => ({ ms: 1000 * Number(pts) }));
  return {
    frames: gapsOf(times(packets)),
    keys: gapsOf(times(packets.filter(({ isKey }) => isKey))),
    references: gapsOf(times(references)),
    isWhole: countIsExact && packets.length === expectedFrames,
  };
}

/** Packets come in the order of decoding. */
function gapsOf(timesMs: readonly number[]): Gaps | null {
  const sorted = [...timesMs].sort((a, b) => a - b);
  const gaps = sorted.slice(1).map((ms, i) => ms - (sorted[i] ?? ms));
  if (gaps.length === 0) return null;
  const least = (a: number, b: number): number => Math.min(a, b);
  const most = (a: number, b: number): number => Math.max(a, b);
  return { count: gaps.length, shortestMs: gaps.reduce(least), longestMs: gaps.reduce(most) };
}
