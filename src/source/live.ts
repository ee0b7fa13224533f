import { pause, type Clock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { backoffMs, type BackoffLimits } from "./backoff.js";
import { runConnection, startWatch, type ConnectionEnd, type Size } from "./connection.js";
import { rateGuard, skipsMore, type DecodePlan } from "./decode.js";
import type { RunOptions } from "./ffmpeg.js";
import { pictureShelf, type PictureShelf } from "./pictures.js";
import { softwareText } from "./hardware.js";
import { coloursOfHeader, type Probe } from "./probe.js";
import { retryOf } from "./retry.js";
import type { Source, SourceEvent } from "./source.js";
import { wishes, type Wishes } from "./thinning.js";
import { isExpiry, type WatchExpiry, type WatchLimits, type WatchVerdict } from "./watchdog.js";

/** How patient a live source is, ms. The settings' part `live`. */
export interface LiveLimits extends WatchLimits, BackoffLimits {
  /** A connection whose frames came for this long is healthy: the next failure is a first one again. */
  readonly healthyAfterMs: number;
}

/** A source that ends only when it is told to. */
export interface LiveOptions {
  /** Its name for people, without secrets. */
  readonly display: string;
  readonly limits: LiveLimits;
  /** Looks at the source, for who wants so many frames a second. Rejects with a PipelineError; aborting ends it. */
  readonly probe: (signal: AbortSignal, maxFps: number | null) => Promise<Probe>;
  /** What is to be decoded of what the probe found. */
  readonly decode: (probe: Probe, maxFps: number | null) => DecodePlan;
  /** The same in a line for people, told when it changes and with every `live`; null = nothing worth a line. */
  readonly decodeText: (plan: DecodePlan, maxFps: number | null) => string | null;
  /** How FFmpeg is to read it, for who wants so many frames a second. */
  readonly command: (probe: Probe, plan: DecodePlan, maxFps: number | null) => RunCommand | Promise<RunCommand>;
  /** Most frames a second that are wanted at first; null = all. */
  readonly maxFps: number | null;
  /** Ends with it. */
  readonly route?: AsyncDisposable;
  /** Takes a word for people. */
  readonly tell?: ((message: string) => void) | undefined;
  /** What FFmpeg's last words mean. */
  readonly explain: (words: string) => PipelineError;
}

type RunCommand = Omit<RunOptions, "lossless" | "firstFrame">;

/** What goes on over connections. */
interface Life {
  /** Of the newest frame; 0 before the first. */
  epoch: number;
  nextFrame: number;
  /** Tries that failed since the last healthy connection. */
  failures: number;
  /** What the last probe found; undefined = look again. */
  probe: Probe | undefined;
  /** Whether `probe` is of an earlier connection. */
  cached: boolean;
  /** The size in FFmpeg's last header that said one. */
  headerSize: Size | undefined;
  /** Frames of the last connection that the other side ended; 0 = none has yet. */
  endedAfter: number;
  /** How the newest connection decodes, and its line. */
  plan: DecodePlan | undefined;
  decodeText: string | null;
  /** Why it is decoded in software although a graphics processor was asked for; told with every `live`. */
  inSoftware: string | undefined;
}

/**
 * A source that never dies: probe, connect, frames, and when that ends back off and do it again, until it is disposed.
 * What can't heal (no FFmpeg, an address that is refused) ends it with that error, unless it has worked before. The
 * source is probed once, not at each connection: cameras take seconds for it, and a changed picture shows in FFmpeg's own
 * words.
 * @param random 0 (inclusive) to 1: the jitter of the waits
 */
export function liveSource(options: LiveOptions, clock: Clock, random: () => number): Source {
  const stop = new AbortController();
  const view: View = { wishes: wishes({ maxFps: options.maxFps, watched: false }), shelf: undefined, isTold: true, outgrown: () => undefined };
  let running: Promise<void> | undefined;
  return {
    live: true,
    expectedFrames: null,
    start(emit) {
      running = keepAlive(options, view, clock, random, stop.signal, emit);
    },
    get thins() {
      return view.isTold;
    },
    want(maxFps) {
      view.wishes.change({ maxFps });
      view.outgrown(maxFps);
    },
    watch(watched) {
      view.wishes.change({ watched });
      view.shelf?.watch(watched);
    },
    takePicture: (frame, deliver) => view.shelf?.take(frame, deliver),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await running;
      await options.route?.[Symbol.asyncDispose]();
    },
  };
}

/** What those who want frames and pictures share with the connection that is on. */
interface View {
  readonly wishes: Wishes;
  shelf: PictureShelf | undefined;
  /** Whether it follows the wishes by itself. */
  isTold: boolean;
  /** Told of a new rate: what is not decoded can't be had by a wish. */
  outgrown: (maxFps: number | null) => void;
}

async function keepAlive(options: LiveOptions, view: View, clock: Clock, random: () => number, stop: AbortSignal, emit: (event: SourceEvent) => void): Promise<void> {
  const life: Life = { epoch: 0, nextFrame: 0, failures: 0, probe: undefined, cached: false, headerSize: undefined, endedAfter: 0, plan: undefined, decodeText: null, inSoftware: undefined };
  const teller = stateTeller(life, options, emit);
  teller.connecting();
  for (;;) {
    const end = await connectOnce(life, options, view, teller, clock, stop, emit);
    if (stop.aborted) return emit({ type: "ended", error: null });
    if (end.flowedMs >= options.limits.healthyAfterMs) life.failures = 0;
    const atOnce = startsAtOnce(end, life);
    learn(end, life);
    if (atOnce) {
      teller.changed(end.message);
      continue;
    }
    life.failures += 1;
    if (end.error?.code === "E_HWACCEL") life.inSoftware = softwareText(options.display);
    const error = finiteOr(end.error ?? new PipelineError("E_SOURCE_DISCONNECTED", end.message), end.frames, life);
    const kind = retryOf(error.code);
    if (kind === "never" && life.epoch === 0) return emit({ type: "ended", error });
    const waitMs = backoffMs(life.failures, kind === "soon" ? "soon" : "slow", random(), options.limits);
    teller.waits(error, life.failures, waitMs, kind !== "soon");
    await pause(waitMs, clock, stop);
    if (stop.aborted) return emit({ type: "ended", error: null });
  }
}

/** A camera that goes away after fewer frames than this may well do so after as many the next time. */
const FILM_FRAMES = 10;

/** A film or an ended playlist on a server comes to its end after the same frames each time; nothing else tells it from a camera that goes away. */
function finiteOr(error: PipelineError, frames: number, life: Life): PipelineError {
  if (error.code !== "E_SOURCE_DISCONNECTED" || frames < FILM_FRAMES) return error;
  const isSame = frames === life.endedAfter;
  life.endedAfter = frames;
  if (!isSame) return error;
  return new PipelineError(error.code, `${error.message}, as the last time: it looks like a film or an ended playlist, which is read anew each time; to see each of its frames once, download it and give the file`, { cause: error });
}

/** A change needs no wait; but where even what was found just before does not fit, something is wrong with what we know. */
function startsAtOnce({ how, frames }: ConnectionEnd, { cached }: Life): boolean {
  return how === "renewed" || (how === "changed" && (frames > 0 || cached));
}

/**
 * What stays known. FFmpeg's header says as much as a probe would, without the seconds that one takes; a frame's size is
 * the last word, also against what was found just before. Since the two may differ for good, a later header is held against
 * the last header. What changed in mid-stream is probed anew, and so is a source that fell silent: it may bring something
 * else by now.
 */
function learn({ how, error, news: { frame, header }, headerSize, frames }: ConnectionEnd, life: Life): void {
  const { probe, cached } = life;
  life.headerSize = headerSize ?? life.headerSize;
  if (probe === undefined) return;
  life.cached = true;
  if (header?.picture) {
    const { colours, ...picture } = header.picture;
    life.probe = { ...probe, codec: header.codec, ...picture, colours: coloursOfHeader(picture.pixelFormat, colours) };
    life.cached = false;
  } else if (frame && !cached && frames === 0) {
    life.probe = { ...probe, widthPx: frame.widthPx, heightPx: frame.heightPx };
  } else if (how === "changed" || error?.code === "E_SOURCE_STALLED" || error?.code === "E_SOURCE_TIMEOUT" || error?.code === "E_SOURCE_CODEC") {
    life.probe = undefined;
    life.cached = false;
  }
}

/** One probe, where one is needed, and one connection. */
async function connectOnce(life: Life, options: LiveOptions, view: View, teller: StateTeller, clock: Clock, stop: AbortSignal, emit: (event: SourceEvent) => void): Promise<ConnectionEnd> {
  const { display, limits, explain } = options;
  try {
    life.probe ??= await watchedProbe(options, view, teller, clock, stop);
    if (stop.aborted) return notConnected(null);
    const { codec, widthPx, heightPx } = life.probe;
    const plan = tellPlan(life, life.probe, options, view);
    const command = await options.command(life.probe, plan, view.wishes.now.maxFps);
    if (stop.aborted) return notConnected(null);
    const { picture } = command;
    view.isTold = command.isTold;
    view.shelf = picture ? pictureShelf(picture.widthPx, picture.heightPx, picture.colours) : undefined;
    view.shelf?.watch(view.wishes.now.watched);
    const epoch = life.epoch + 1;
    const facts = { codec, widthPx, heightPx, cached: life.cached, headerSize: life.headerSize };
    const [renewal, guard] = [new AbortController(), guardOf(life, options, view)];
    view.outgrown = (maxFps) => {
      if (life.probe && skipsMore(plan.mode, options.decode(life.probe, maxFps).mode)) renewal.abort(new Error("more frames are wanted than it decodes"));
    };
    // The wish may have changed while names were looked up.
    view.outgrown(view.wishes.now.maxFps);
    const connection = { ...command, lossless: false, firstFrame: life.nextFrame, display, epoch, facts, limits, explain, stop, renew: renewal.signal, wishes: view.wishes };
    return await runConnection(connection, view.shelf, clock, {
      verdict: (verdict) => teller.verdict(verdict),
      inSoftware: () => void (life.inSoftware = softwareText(display)),
      emit(event) {
        life.epoch = epoch;
        life.nextFrame = event.header.frame + 1;
        teller.verdict("live");
        emit(event);
        const tooFew = guard(event.header.ptsMs);
        if (tooFew !== undefined) renewal.abort(new Error(tooFew));
      },
    });
  } catch (thrown) {
    return notConnected(asPipelineError(thrown, "E_FFMPEG_ENDED"));
  }
}

/** Decides what is decoded, and says it when it is news. */
function tellPlan(life: Life, probe: Probe, { display, decode, decodeText, tell }: LiveOptions, { wishes: { now } }: View): DecodePlan {
  const plan = decode(probe, now.maxFps);
  const text = decodeText(plan, now.maxFps);
  if (text !== null && text !== life.decodeText) tell?.(`${display}: ${text}`);
  life.decodeText = text;
  life.plan = plan;
  return plan;
}

/** While frames are left out by our own choice: says why that has to end, and sees to it that it is not chosen again from the same facts. */
function guardOf(life: Life, { decode }: LiveOptions, { wishes: wish }: View): (ptsMs: number | null) => string | undefined {
  const { plan, probe } = life;
  const unmeasured = probe && { ...probe, gaps: null };
  if (!plan || !unmeasured || !skipsMore(plan.mode, decode(unmeasured, wish.now.maxFps).mode)) return () => undefined;
  const guard = rateGuard();
  return (ptsMs) => {
    const fps = guard(ptsMs, wish.now.maxFps);
    if (fps === undefined) return undefined;
    life.probe = unmeasured;
    return `only ${fps.toFixed(2)} frames a second came of those that were decoded, ${wish.now.maxFps} are wanted`;
  };
}

function notConnected(error: PipelineError | null): ConnectionEnd {
  return { how: error ? "lost" : "stopped", error, message: error?.message ?? "", news: {}, headerSize: undefined, frames: 0, flowedMs: 0 };
}

/** A probe has as long as a connection has for its first frame: it waits for one too. A late tick of ours counts for nothing here either. */
async function watchedProbe({ display, probe, limits }: LiveOptions, { wishes: { now } }: View, teller: StateTeller, clock: Clock, stop: AbortSignal): Promise<Probe> {
  const connectTimeoutMs = limits.connectTimeoutMs + limits.firstFrameTimeoutMs;
  const tooLong = new AbortController();
  using _watch = startWatch({ ...limits, connectTimeoutMs }, clock, (verdict) => {
    if (isExpiry(verdict)) tooLong.abort();
    else teller.verdict(verdict);
  });
  try {
    return await probe(AbortSignal.any([stop, tooLong.signal]), now.maxFps);
  } catch (thrown) {
    if (!tooLong.signal.aborted) throw thrown;
    const within = `${connectTimeoutMs} ms (live.connectTimeoutMs + live.firstFrameTimeoutMs)`;
    throw new PipelineError("E_SOURCE_TIMEOUT", `${display} did not say what it is within ${within}`, { cause: thrown });
  }
}

/** Turns what happens into states, each told once. */
interface StateTeller {
  connecting(): void;
  verdict(verdict: Exclude<WatchVerdict, WatchExpiry>): void;
  /** The next connection begins at once. */
  changed(message: string): void;
  waits(error: PipelineError, attempt: number, retryInMs: number, slow: boolean): void;
}

type StateEvent = Extract<SourceEvent, { type: "state" }>;

function stateTeller(life: Life, { display, limits }: LiveOptions, emit: (event: SourceEvent) => void): StateTeller {
  let told: StateEvent["state"] | undefined;
  const tell = (state: StateEvent["state"], more: Partial<StateEvent> = {}): void => {
    told = state;
    emit({ type: "state", state, epoch: Math.max(1, life.epoch), ...more });
  };
  const isConnecting = (): boolean => told === "connecting" || told === "reconnecting";
  return {
    connecting: () => tell("connecting"),
    verdict(verdict) {
      if (verdict === told) return;
      if (verdict === "live") tell("live", { ...(life.decodeText !== null && { message: life.decodeText }), ...(life.inSoftware !== undefined && { reason: "E_HWACCEL", message: life.inSoftware }) });
      else if (verdict === "stalled") tell("stalled", { reason: "E_SOURCE_STALLED", message: `${display}: no frame for ${limits.silenceTimeoutMs / 2} ms; given up after ${limits.silenceTimeoutMs} ms (live.silenceTimeoutMs)` });
      else if (verdict === "blocked") tell("blocked", { message: "sightline itself was too busy to read; the source is not to blame" });
      else if (verdict === "connecting" && !isConnecting()) tell(life.epoch === 0 && life.failures === 0 ? "connecting" : "reconnecting");
    },
    changed: (message) => tell("reconnecting", { message: `${display}: ${message}; connecting again at once`, retryInMs: 0 }),
    waits(error, attempt, retryInMs, slow) {
      const when = `next try in ${(retryInMs / 1000).toFixed(1)} s`;
      const why = slow ? ", slowly, since this does not mend by itself" : "";
      tell("reconnecting", { reason: error.code, message: `${error.message}; ${when}${why}`, attempt, retryInMs });
    },
  };
}
