import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred, openWith, type Closers } from "../core/lifetime.js";
import { openGateway, type Gateway, type GatewayNotice, type GatewayOptions, type PlaybackControl } from "../gateway/index.js";
import { logFiles, type LogFile, type LogTrouble, type ReadOptions } from "../log/index.js";
import type { ClipOptions } from "../source/index.js";
import { published, statsRecord, timeOfDay, type LogRecord, type PlaybackState } from "../wire/index.js";
import { misfitWords, openClips, unknownStream } from "./clips.js";
import { readContents, type Contents } from "./contents.js";
import { replayControl } from "./control.js";
import type { PlaybackOptions, Stage } from "./deck.js";
import { logsOf } from "./entries.js";
import { replayFigures, type Figures } from "./figures.js";
import { replayPictures } from "./pictures.js";
import { openPlayback, type Playback } from "./playback.js";
import { openReel } from "./reel.js";

/** What to replay, and where it can be seen. */
export interface ReplayOptions extends Omit<PlaybackOptions, "only"> {
  /** Paths as `logFiles` takes them. */
  readonly logs: readonly string[];
  /** `CLIP` or `STREAM=CLIP`. */
  readonly clips: readonly string[];
  /** Only this stream; null = all. */
  readonly stream: string | null;
  readonly serve: Omit<GatewayOptions, "streams" | "control" | "playback" | "version"> & { readonly pictureFps: number; readonly pictureWidthPx: number };
  readonly source: Pick<ClipOptions, "ffmpegPath" | "ffprobePath">;
  readonly version: string;
}

/** What a replay needs from outside. */
export interface ReplayWorld {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Words for whoever runs it: what of the log can't be read, gaps that were shortened, and those of the gateway. */
  readonly notice: (notice: GatewayNotice) => void;
  /** How many records were found while the log is looked through. */
  readonly onProgress?: (records: number) => void;
  readonly parquetLines?: ReadOptions["parquetLines"];
}

/** A replay that is served. */
export interface Replay extends AsyncDisposable, PlaybackControl {
  readonly url: string;
  readonly contents: Contents;
  readonly files: readonly LogFile[];
  /** Records shown so far; what was shown twice counts twice. */
  readonly shown: number;
  /** Lines and files that could not be read. */
  readonly troubles: number;
  /** Settles when it has come to its end for the first time. */
  readonly ended: Promise<void>;
}

/** How often figures are told, ms. */
const STATS_MS = 1000;

/**
 * Looks through the log, opens the clips, serves, and begins to play.
 * @throws PipelineError E_LOG_MISSING, E_LOG_EMPTY, E_LOG_STREAM, E_CLIP, E_STOPPED, those of `openClip` and `openGateway`
 */
export function openReplay(options: ReplayOptions, world: ReplayWorld): Promise<Replay> {
  return openWith((closers) => open(options, world, closers));
}

async function open(options: ReplayOptions, world: ReplayWorld, closers: Closers): Promise<Replay> {
  const { clock, signal } = world;
  const counts = { troubles: 0 };
  const files = await logFiles(options.logs);
  const trouble = ({ path, line, message }: LogTrouble): void => {
    counts.troubles += 1;
    world.notice({ level: "warn", message: `${path}${line === null ? "" : `:${line}`}: ${message}` });
  };
  const logs = logsOf(files);
  const contents = await look(logs, options, world, trouble);
  const { serve, source, version } = options;
  const clips = await openClips(options.clips, contents, { ...source, widthPx: serve.pictureWidthPx }, clock, signal);
  const figures = new Map([...contents.streams.keys()].map((name) => [name, replayFigures(name, clock)]));
  const late: { gateway?: Gateway } = {};
  const tell = (level: LogRecord["level"], message: string): void => {
    world.notice({ level, message });
    late.gateway?.publish(published({ v: 1, type: "log", level, message, at: timeOfDay(clock.wallMs()) }));
  };
  const pictures = closers.use(
    replayPictures({
      clips, widthPx: serve.pictureWidthPx, fps: serve.pictureFps,
      watchers: (stream) => late.gateway?.watchers(stream) ?? 0,
      publish: (picture) => late.gateway?.publishPicture(picture),
      misfit: (record, clip) => tell("warn", `${misfitWords(record, clip)}; an empty picture stands for what it lacks`),
    }, clock),
  );
  const ended = deferred();
  const stage = stageOf({ gateway: () => late.gateway, pictures, figures, trouble, tell, ended: ended.resolve, state: () => playback.state() });
  const reel = openReel(logs, contents, { ...(world.parquetLines && { parquetLines: world.parquetLines }), only: options.stream ?? undefined });
  const playback: Playback = closers.use(openPlayback(reel, contents, { ...options, only: options.stream ?? undefined }, stage, clock));
  const control = replayControl(options.logs, () => [...figures.values()].map((one) => one.stats(streamState(playback.state()))));
  const gateway = closers.use(await openGateway({ ...serve, version, streams: [...figures.keys()], control: () => control, playback }, { clock, notice: world.notice }));
  late.gateway = gateway;
  closers.use(clock.every(STATS_MS, () => control.list().forEach(({ stats }) => gateway.publish(published(statsRecord(stats, clock.wallMs()))))));
  closers.use(gateway.onWatchersChange(() => playback.state().state !== "playing" && pictures.again()));
  await playback.start();
  return {
    url: gateway.url, contents, files, ended: ended.promise,
    get shown() {
      return playback.shown;
    },
    get troubles() {
      return counts.troubles;
    },
    state: () => playback.state(),
    command: (command) => playback.command(command),
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

/** Looks through the logs; says which streams there are when the wanted one is not there. */
async function look(logs: readonly (readonly LogFile[])[], { stream }: ReplayOptions, world: ReplayWorld, onTrouble: (trouble: LogTrouble) => void): Promise<Contents> {
  const { signal, onProgress, parquetLines } = world;
  const others = new Set<string>();
  const options = { signal, onTrouble, only: stream ?? undefined, onOther: (name: string) => void others.add(name), ...(parquetLines && { parquetLines }), ...(onProgress && { onProgress }) };
  return readContents(logs, options).catch((error: unknown) => {
    throw stream !== null && others.size > 0 && error instanceof PipelineError && error.code === "E_LOG_EMPTY" ? unknownStream(stream, [...others]) : error;
  });
}

const STATES = { playing: "live", paused: "paused", ended: "ended" } as const;
const streamState = ({ state }: PlaybackState): (typeof STATES)[keyof typeof STATES] => STATES[state];

interface StageParts {
  readonly gateway: () => Gateway | undefined;
  readonly pictures: ReturnType<typeof replayPictures>;
  readonly figures: ReadonlyMap<string, Figures>;
  readonly trouble: Stage["trouble"];
  readonly tell: (level: LogRecord["level"], message: string) => void;
  readonly ended: () => void;
  readonly state: () => PlaybackState;
}

/** Hands on what is played: to the gateway, to those who make pictures, to the figures. */
function stageOf({ gateway, pictures, figures, trouble, tell, ended, state }: StageParts): Stage {
  let told: Pick<PlaybackState, "state" | "jumps"> = { state: "playing", jumps: 0 };
  return {
    tell(now) {
      if (now.jumps !== told.jumps) pictures.forget();
      gateway()?.tellPlayback(now);
      // The last picture may have been left out, since another one was to follow soon.
      if (now.state !== told.state && now.state !== "playing") pictures.again();
      told = now;
    },
    record(record, line) {
      gateway()?.publish({ record, line });
      if (record.type !== "frame") return;
      figures.get(record.stream)?.add(record);
      pictures.follow(record, state().state !== "playing");
    },
    trouble,
    leftOut: (leftOutMs, at) => tell("info", `nothing was recorded for a while before ${at}; ${durationWords(leftOutMs)} of it are left out`),
    ended,
  };
}

/** 34 s, 5 min, 2 h. */
function durationWords(ms: number): string {
  if (ms < 119_500) return `${Math.round(ms / 1000)} s`;
  return ms < 7_170_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
