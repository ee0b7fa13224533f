import type { QueueFigures } from "../core/queue-figures.js";
import type { z } from "../core/schema.js";
import type { StreamStats } from "../core/stats.js";
import type { GateView } from "../gate/index.js";
import type { PlaybackState } from "../wire/index.js";

/** Plain data as JSON has it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** A stream as the API shows it: no secret is in it. */
export interface StreamInfo {
  readonly name: string;
  /** What it was told, everything decided; may be sent back, a source with `***` then means the one it has. */
  readonly settings: JsonObject;
  /** Whether the program is ready only while this stream does well. */
  readonly required: boolean;
  readonly stats: StreamStats;
  /** Frames that have ended and wait for an earlier one. */
  readonly reordering: number;
}

/** A model that is open, or being opened. */
export interface ModelFigures {
  /** File name and the start of its SHA-256. */
  readonly id: string;
  readonly family: string;
  readonly inputWidthPx: number;
  readonly inputHeightPx: number;
  /** Class names by class id. */
  readonly labels: readonly string[];
  /** Threads or processes that run it now. */
  readonly workers: number;
  /** Whether every thread has loaded it and run it once. */
  readonly isWarm: boolean;
  /** Tasks that are out, and how many could be. */
  readonly busy: number;
  readonly capacity: number;
  /** What runs it: cpu, cuda, ...; null until it is loaded. */
  readonly runtime: string | null;
  readonly device: string | null;
  readonly precision: string | null;
  /** Workers that were lost and replaced since it is open, by cause. */
  readonly replaced: Readonly<Record<string, number>>;
  /** Mode queue: what it has counted. */
  readonly queue?: QueueFigures;
}

/** What waits for a sink and what it lost. */
export interface SinkFigures {
  readonly name: string;
  readonly queuedBytes: number;
  readonly lostRecords: number;
  /** Nothing can be written now. */
  readonly isFailing: boolean;
  /** Written so far, and how many of them survive a power cut; left out where they are not counted. */
  readonly writtenRecords?: number;
  readonly syncedRecords?: number;
}

/** Whether a change is written into the settings file too. */
export interface ChangeOptions {
  readonly persist: boolean;
}

/**
 * What the API asks of whoever runs the streams: the session. Who may ask for what is decided before, in the routes.
 * From the first change on the program stays until it is told to end, also when every stream has ended: a mistyped address
 * must not end it. Each change settles when it is done: for `add` that is when the stream is begun, whatever becomes of it.
 */
export interface StreamControl {
  list(): readonly StreamInfo[];
  get(name: string): StreamInfo | undefined;
  /** @throws PipelineError E_STREAM_TAKEN, E_CONFIG, E_PERSIST, E_FORBIDDEN, E_STOPPED */
  add(name: string, settings: JsonObject, options: ChangeOptions): Promise<void>;
  /** @throws PipelineError E_STREAM_UNKNOWN, E_CONFIG, E_PERSIST, E_FORBIDDEN, E_STOPPED */
  change(name: string, settings: JsonObject, options: ChangeOptions): Promise<void>;
  /** @throws PipelineError E_STREAM_UNKNOWN, E_PERSIST */
  remove(name: string, options: ChangeOptions): Promise<void>;
  /** @throws PipelineError E_STREAM_UNKNOWN, E_STOPPED */
  restart(name: string): Promise<void>;
  /** @throws PipelineError E_STREAM_UNKNOWN, E_STREAM_STATE, E_STOPPED */
  pause(name: string): Promise<void>;
  /** @throws PipelineError E_STREAM_UNKNOWN, E_STOPPED */
  resume(name: string): Promise<void>;
  /** What the motion gate made of the stream's newest frame; undefined where there is none. Made when it is asked for. */
  gateView(name: string): GateView | undefined;
  models(): readonly ModelFigures[];
  sinks(): readonly SinkFigures[];
  /** All settings in force, without secrets. */
  settings(): JsonObject;
}

/** A place in a replay: in playing time, as a share of it, or by the recording's time of day (ISO 8601). */
export type PlaybackPlace = { readonly positionMs: number } | { readonly share: number } | { readonly at: string };

/** What a replay can be told. `stream`: go on until a frame of this one is shown; left out = of any. */
export type PlaybackCommand =
  | { readonly command: "play" | "pause" }
  | { readonly command: "seek"; readonly to: PlaybackPlace; readonly stream?: string }
  | { readonly command: "step"; readonly frames: 1 | -1; readonly stream?: string }
  | { readonly command: "speed"; readonly speed: PlaybackState["speed"] }
  | { readonly command: "loop"; readonly loop: boolean };

/** Who replays a log. Commands are followed one after the other. */
export interface PlaybackControl {
  state(): PlaybackState;
  /** Settles when it is done: what is to be seen then has been published. @throws PipelineError E_STOPPED */
  command(command: PlaybackCommand): Promise<void>;
}

/** The schemas of the settings, which this room does not know itself. */
export interface ApiSchemas {
  /** What a stream may be told. */
  readonly stream: z.ZodType;
  /** JSON Schema of a settings file. */
  readonly settings: JsonObject;
  /** The known key nearest to one that is not known: `["streams", "gate", "wieght"]` gives `streams.gate.weight`. */
  readonly nearestKey: (path: readonly string[]) => string;
}
