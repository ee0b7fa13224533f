import type { Clock } from "../core/clock.js";
import type { RuntimeWish } from "../core/devices.js";
import type { ErrorCode } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import type { ApiSchemas, GatewayOptions } from "../gateway/index.js";
import type { LogOptions } from "../log/index.js";
import type { DetectSettings, ModelInfo } from "../model/index.js";
import type { InferenceMode, ModelSource } from "../pool/index.js";
import type { QueueOptions } from "../queue/index.js";
import type { Sink } from "../sinks/index.js";
import type { GateSettings } from "./gate.js";
import type { Pulse } from "./pulse.js";
import type { ApiSourcePolicy, DecodeWish, InputSettings } from "../source/index.js";

/** Everything a session needs to know; the settings file's parsed value fits it. */
export interface SessionOptions {
  /** Each is a stream of its own, named after its file. When one can't be opened the session does not open. */
  readonly sources: readonly string[];
  /** Streams by name. When one can't be opened it fails alone. */
  readonly streams?: Readonly<Record<string, StreamOptions>>;
  readonly model: ModelSource;
  readonly detect: DetectSettings;
  /** Which frames are inferred. Left out = all. */
  readonly gate?: GateSettings;
  readonly inference: RuntimeWish & {
    readonly mode: InferenceMode | "queue";
    readonly workers: "auto" | number;
    readonly frameTimeoutMs: number;
    readonly hangLimitMs: number;
    readonly maxConsecutiveFailures: number;
    /** Mode queue: the broker. */
    readonly queue?: QueueOptions;
  };
  readonly source: {
    readonly ffmpegPath: string;
    readonly ffprobePath: string;
    readonly realtime: boolean;
    readonly loop: boolean;
    /** Which frames are decoded; auto = the fewest that give live.maxFps. Default: auto. */
    readonly decode?: DecodeWish;
    readonly decodeThreads: "auto" | number;
    /** Only every n-th decoded frame is looked at. */
    readonly everyNth?: number;
    /** false: frames beyond live.maxFps are left out only after they were scaled, as a bench has it for comparison. Default: true. */
    readonly thinsItself?: boolean;
    /** Who brings a picture to the model's input; exact = to the letter as the models' own code, not in mode queue. Default: ffmpeg. */
    readonly preprocess?: "ffmpeg" | "exact";
  } & Pick<InputSettings, "rtspTransport" | "hwaccel">;
  readonly live: {
    readonly maxAgeMs: number;
    readonly maxFps: number | null;
    readonly connectTimeoutMs: number;
    readonly firstFrameTimeoutMs: number;
    readonly silenceTimeoutMs: number;
    readonly backoffMinMs: number;
    readonly backoffMaxMs: number;
    readonly healthyAfterMs: number;
  };
  /** Where the records go: a log, `-` = standard output, null = nowhere. */
  readonly log: { readonly path: string | null } & Partial<Omit<LogOptions, "path">>;
  readonly serve: {
    readonly host: string;
    readonly port: number;
    readonly pictureFps: number;
    readonly pictureWidthPx: number;
  } & Pick<
    GatewayOptions,
    "maxClients" | "maxClientsPerAddress" | "tokensFile" | "insecureNoAuth" | "allowedHosts" | "allowedOrigins" | "tls" | "maxConnections" | "maxConnectionsPerAddress"
  > | null;
  /** What a stream that came by the API may open; left out = nothing. */
  readonly api?: ApiSourcePolicy;
}

/** One named stream: where it differs from the session's options. */
export interface StreamOptions {
  /** What is read, as in `sources`. */
  readonly source: string;
  /** Share of the threads against the other streams of the same model, above 0. Default: 1. */
  readonly weight?: number;
  /** Whether /readyz says no while it is not live. Default: true. */
  readonly required?: boolean;
  /** Most frames a second that are looked at. */
  readonly maxFps?: number | null;
  readonly maxAgeMs?: number;
  readonly model?: Partial<SessionOptions["model"]>;
  readonly detect?: Partial<SessionOptions["detect"]>;
  /** The word is short for its kind. */
  readonly gate?: Partial<GateSettings> | GateSettings["kind"];
  readonly live?: Partial<Omit<SessionOptions["live"], "maxFps" | "maxAgeMs">>;
  readonly sourceOptions?: Partial<SessionOptions["source"]>;
  /** It came by the API: it is opened only as `api` allows, at every connection. */
  readonly fromApi?: boolean;
  /** Words that stand beside the name in notices and figures. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** Something worth telling the person at the terminal, once. */
export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly code?: ErrorCode;
  readonly stream?: string;
  /** The stream's, when it has any. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly message: string;
}

/** What the HTTP API needs from who knows the settings file. */
export interface ApiSupport extends ApiSchemas {
  /** Puts in what `${NAME}` stands for in a source. @throws PipelineError E_CONFIG */
  resolve(source: string): Promise<string>;
  /**
   * Does `work` and keeps the stream as it was given in the settings file, or takes it out of there (null).
   * @throws PipelineError E_PERSIST, before the work is done where it can be known; or what `work` throws
   */
  keep(stream: string, written: Readonly<Record<string, unknown>> | null, work: () => Promise<void>): Promise<void>;
}

/** What a session needs from outside. */
export interface World {
  /** Aborting stops all streams cleanly: `done` settles once every record has left. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The program's version, told to clients of the page. */
  readonly version: string;
  readonly notice: (notice: Notice) => void;
  /** Without it the HTTP API takes any stream that is one, and keeps nothing. */
  readonly api?: ApiSupport;
  /**
   * Goes on with the log: a line that a crash left torn is cut away, and each stream's numbers go on where its
   * records end, with the next epoch.
   */
  readonly continues?: boolean;
  /** Sinks that get the same records as the ones of the settings; the session closes them. */
  readonly extraSinks?: readonly Sink[];
}

/** A running session: streams that come and go, a pool of threads for each model, the sinks and the page of all. */
export interface Session extends AsyncDisposable {
  /** Models that have been opened, in their order. */
  models(): readonly ModelInfo[];
  /** Threads of the pools that are open; at the end, those that there were. */
  workers(): number;
  /** Address of the live page; null when nothing is served. */
  readonly url: string | null;
  /** Streams that are here, also those that have ended; a removed one no longer. */
  stats(): StreamStats[];
  /** Whether it does what it is there for. */
  pulse(): Pulse;
  /** What keeps a session that was told to stop from being over, one short line for each thing; empty = nothing that is known. */
  waitingFor(): string[];
  /**
   * Adds a stream. Settles once it is begun: what goes wrong later, or when it is opened, is in its stats and is told.
   * @throws PipelineError E_CONFIG when the name is taken or is none; E_STOPPED when the session is over
   */
  add(name: string, stream: StreamOptions): Promise<void>;
  /**
   * Changes a stream. Weight, rate, greatest age, filters, gate and labels change under the running source; anything else
   * starts it anew, with a new epoch, frame numbers going on. One that is the same and runs is not touched; one that has
   * failed is tried again.
   * @throws PipelineError E_CONFIG when there is no such stream or the model has no such class; E_STOPPED
   */
  change(name: string, stream: StreamOptions): Promise<void>;
  /**
   * Ends a stream cleanly and forgets it. Settles once its records have left.
   * @throws PipelineError E_CONFIG when there is no such stream
   */
  remove(name: string): Promise<void>;
  /**
   * Begins a stream anew: another connection, a new epoch, frame numbers going on; a file from its beginning. Also one
   * that was paused, has ended or has failed.
   * @throws PipelineError E_CONFIG when there is no such stream; E_STOPPED
   */
  restart(name: string): Promise<void>;
  /**
   * Lets a stream rest: its source is closed, what was under way comes home, its state is `paused`. A stream that rests
   * keeps the session from being over.
   * @throws PipelineError E_CONFIG when there is no such stream; E_STREAM_STATE when it is over; E_STOPPED
   */
  pause(name: string): Promise<void>;
  /**
   * Lets a paused stream go on, as `restart` does; any other is left as it is.
   * @throws PipelineError as `restart`
   */
  resume(name: string): Promise<void>;
  /**
   * Makes the streams those of other options, one by one: the same ones run on untouched. What counts only at opening
   * (pool, output, serve) is told and left as it is. One stream's trouble is told and does not touch the others.
   */
  apply(options: SessionOptions): Promise<void>;
  /**
   * Settles when every stream has ended and every record is written, with the last figures of all streams, removed ones
   * included. Never rejects: see `StreamStats.error`.
   */
  readonly done: Promise<StreamStats[]>;
}
