import { availableCores } from "../machine/index.js";
import type { SourceAddress } from "./address.js";
import { chooseDecode, decodeText, type DecodePlan } from "./decode.js";
import type { DecodeWish } from "./frame-kinds.js";
import { measureGaps, type GapSettings } from "./gaps.js";
import type { HardwareDecoding } from "./input.js";
import type { Probe } from "./probe.js";

/** What is wished of a stream's decoding. What is left out is as in the settings' defaults. */
export interface EconomyOptions {
  readonly decode?: DecodeWish;
  readonly decodeThreads: "auto" | number;
  readonly hwaccel?: HardwareDecoding;
  readonly everyNth?: number;
  readonly maxFps?: number | null;
  readonly streams?: number;
  readonly realtime?: boolean;
  /** Whether the frames of a file that is not played in real time are numbered by their places. Default: true. */
  readonly countsPlaces?: boolean;
}

/** Adds to a probe how far apart its kinds of frames are, where that decides what is decoded. @throws PipelineError E_STOPPED */
export async function withGaps<P extends Probe>(probe: P, address: SourceAddress, settings: GapSettings & Omit<EconomyOptions, "decodeThreads">, signal?: AbortSignal): Promise<P> {
  const { decode = "auto", everyNth = 1, hwaccel = "none" } = settings;
  if (isWholeFile(address, settings)) return probe;
  if (decode !== "auto" || everyNth > 1 || hwaccel === "qsv" || probe.codec === "mjpeg") return probe;
  return { ...probe, gaps: await measureGaps(address, settings, probe, signal) };
}

/** Chooses for this machine. */
export function planDecode(probe: Probe, address: SourceAddress, options: EconomyOptions): DecodePlan {
  const { decode: wish = "auto", everyNth = 1, hwaccel = "none", maxFps = null, streams = 1, decodeThreads: threads } = options;
  return chooseDecode({ probe, wish, isWholeFile: isWholeFile(address, options), everyNth, hwaccel, maxFps, streams, threads, cores: availableCores().cores });
}

function isWholeFile({ kind }: SourceAddress, { realtime = false, countsPlaces = true }: Pick<EconomyOptions, "realtime" | "countsPlaces">): boolean {
  return (kind === "file" || kind === "stdin") && !realtime && countsPlaces;
}

/** The choice in a line for people; null where nothing was asked for and nothing is left out. */
export function decodeLine(plan: DecodePlan, { decode = "auto", hwaccel = "none", maxFps = null }: EconomyOptions): string | null {
  return decode === "auto" && maxFps === null && hwaccel === "none" ? null : decodeText(plan, hwaccel);
}
