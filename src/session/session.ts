import type { Clock } from "../core/clock.js";
import type { ErrorCode } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import type { ModelInfo } from "../model/index.js";
import type { Sink } from "../sinks/index.js";

/** Everything a session needs to know; the settings file's parsed value fits it. */
export interface SessionOptions {
  readonly sources: readonly string[];
  readonly model: { readonly path: string; readonly labels: string | null };
  readonly detect: {
    readonly conf: number;
    readonly iou: number;
    readonly classes: readonly (string | number)[];
    readonly agnostic: boolean;
    readonly maxDetections: number;
  };
  readonly pool: {
    readonly workers: "auto" | number;
    readonly frameTimeoutMs: number;
    readonly hangLimitMs: number;
    readonly maxConsecutiveFailures: number;
  };
  readonly source: {
    readonly ffmpegPath: string;
    readonly ffprobePath: string;
    readonly realtime: boolean;
    readonly loop: boolean;
    readonly decodeThreads: "auto" | number;
  };
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
  readonly output: { readonly path: string | null };
  readonly serve: {
    readonly host: string;
    readonly port: number;
    readonly pictureFps: number;
    readonly pictureWidthPx: number;
  } | null;
}

/** Something worth telling the person at the terminal, once. */
export interface Notice {
  readonly level: "info" | "warn" | "error";
  readonly code?: ErrorCode;
  readonly stream?: string;
  readonly message: string;
}

/** What a session needs from outside. */
export interface World {
  /** Aborting stops all streams cleanly: `done` settles once every record has left. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** The program's version, told to clients of the page. */
  readonly version: string;
  readonly notice: (notice: Notice) => void;
  /** Sinks that get the same records as the ones of the settings; the session closes them. */
  readonly extraSinks?: readonly Sink[];
}

/** A running session: one pool, one or more streams, their sinks. */
export interface Session extends AsyncDisposable {
  readonly model: ModelInfo;
  readonly workers: number;
  /** Address of the live page; null when nothing is served. */
  readonly url: string | null;
  stats(): StreamStats[];
  /** Settles when every stream has ended and every record is written. Never rejects: see `StreamStats.error`. */
  readonly done: Promise<StreamStats[]>;
}
