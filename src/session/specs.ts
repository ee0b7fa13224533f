import { detectLimits, type ModelInfo } from "../model/index.js";
import { taskLimits, type TaskLimits } from "../pool/index.js";
import { isLiveName, type ApiSourcePolicy } from "../source/index.js";
import { NO_GATE, type GateSettings } from "./gate.js";
import type { SessionOptions, StreamOptions } from "./session.js";
import { streamNames } from "./names.js";

/** A stream with everything decided: its own words, and the session's where it has none. */
export interface StreamSpec {
  readonly name: string;
  readonly source: string;
  readonly weight: number;
  /** Whether the program is ready only while this stream does well. */
  readonly required: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly model: SessionOptions["model"];
  readonly detect: SessionOptions["detect"];
  readonly gate: GateSettings;
  readonly live: SessionOptions["live"];
  readonly sourceOptions: SessionOptions["source"];
  /** It came by the API: what it may open; null = it is trusted. */
  readonly policy: ApiSourcePolicy | null;
  /** Named as a bare source: when it can't be opened the session is not opened either. Else it fails alone. */
  readonly atDoor: boolean;
}

/** All streams that the options ask for: the bare sources, then the named ones. */
export function specsOf(options: SessionOptions): StreamSpec[] {
  const named = Object.entries(options.streams ?? {});
  const names = streamNames(options.sources, named.map(([name]) => name));
  return [
    ...options.sources.map((source, i) => ({ ...specOf(names[i] ?? source, { source }, options), atDoor: true })),
    ...named.map(([name, stream]) => specOf(name, stream, options)),
  ];
}

/** One named stream. Pure. */
export function specOf(name: string, stream: StreamOptions, options: SessionOptions): StreamSpec {
  const { maxFps = options.live.maxFps, maxAgeMs = options.live.maxAgeMs } = stream;
  return {
    name,
    source: stream.source,
    weight: stream.weight ?? 1,
    required: stream.required ?? true,
    labels: stream.labels ?? {},
    // Labels belong to a model: another model does not take over those of the first.
    model: { ...(stream.model?.path === undefined ? options.model : { labels: null }), ...stream.model } as SessionOptions["model"],
    detect: { ...options.detect, ...stream.detect },
    gate: { ...(options.gate ?? NO_GATE), ...(typeof stream.gate === "string" ? { kind: stream.gate } : stream.gate) },
    live: { ...options.live, ...stream.live, maxFps, maxAgeMs },
    sourceOptions: { ...options.source, ...stream.sourceOptions, ...(stream.fromApi === true && programsOf(options)) },
    policy: stream.fromApi === true ? (options.api ?? NO_API_SOURCES) : null,
    atDoor: false,
  };
}

/** What the API may open where nothing is said of it. */
export const NO_API_SOURCES: ApiSourcePolicy = { schemes: [], allowPrivate: false, fileRoots: [] };

/** Which programs are run is never up to the API. */
const programsOf = ({ source: { ffmpegPath, ffprobePath } }: SessionOptions): Pick<SessionOptions["source"], "ffmpegPath" | "ffprobePath"> => ({ ffmpegPath, ffprobePath });

/** What it takes to get from one spec to another of the same name. `adjust` = the stream runs on and its source is not touched. */
export type SpecChange = "none" | "adjust" | "restart";

/** Compares two specs of one name. Pure. */
export function changeOf(before: StreamSpec, after: StreamSpec): SpecChange {
  if (!isSame(unmoved(before), unmoved(after)) || wantsMore(before, after)) return "restart";
  return isSame(before, { ...after, atDoor: before.atDoor }) ? "none" : "adjust";
}

/** What can't change under a running source. */
function unmoved({ source, policy, model, sourceOptions, live: { maxFps: _, maxAgeMs: __, ...live } }: StreamSpec): unknown {
  return { source, policy, model, sourceOptions, live };
}

/** A file that plays as a camera may be decoded for its rate alone. (A camera is connected to again by itself where it must be.) */
function wantsMore({ source, sourceOptions, live: { maxFps: before } }: StreamSpec, { live: { maxFps: after } }: StreamSpec): boolean {
  return sourceOptions.realtime && !isLiveName(source, false) && before !== null && (after ?? Infinity) > before;
}

/** What a stream wants to see of a model's objects. @throws PipelineError E_CONFIG when the model has no such class */
export function limitsOf({ detect }: StreamSpec, model: ModelInfo): TaskLimits {
  return taskLimits(detectLimits(model.labels, detect));
}

/** Whether two plain values hold the same, whatever the order of their keys. */
export function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, member]) => [key, sorted(member)]));
}

/** The settings that differ between two options and count only when a session opens: `inference.workers`. Pure. */
export function fixedDifferences(before: SessionOptions, after: SessionOptions): string[] {
  return (["inference", "log", "serve"] as const).flatMap((group) => {
    const [old, next] = [before[group], after[group]];
    if (old === null || next === null) return old === next ? [] : [group];
    return Object.keys(next).filter((key) => !isSame(old[key as never], next[key as never])).map((key) => `${group}.${key}`);
  });
}
