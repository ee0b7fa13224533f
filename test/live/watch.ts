import { EventEmitter } from "node:events";
import { systemClock } from "../../src/core/clock.js";
import type { StreamStats } from "../../src/core/stats.js";
import type { StreamState } from "../../src/core/stream-state.js";
import type { FrameRecord, StateRecord, WireRecord } from "../../src/wire/index.js";
import { openSession, type Notice, type Session } from "../../src/session/index.js";
import { directSink } from "../../src/sinks/index.js";
import { barsModel, barsNumber } from "../rig/bars-model.js";
import { within } from "../rig/deadline.js";
import { monotonicNowMs } from "../rig/rtsp-server.js";
import { temporaryFolder } from "../support/pool.js";
import { assertAccounted, settings } from "../support/session.js";

/** A frame as it was published. */
export interface Seen extends Pick<FrameRecord, "epoch" | "frame" | "outcome" | "widthPx" | "heightPx"> {
  /** What its picture says; undefined when it was not looked at. */
  readonly number: number | undefined;
  /** On the clock of the cameras. */
  readonly publishedMs: number;
}

/** A session of one live stream under observation. Disposing stops it, and throws for what must never happen. */
export interface Watched extends AsyncDisposable {
  readonly session: Session;
  readonly seen: readonly Seen[];
  readonly states: readonly StateRecord[];
  /** Every record as its line, every notice, and the figures: what may hold no secret. */
  said(): string;
  stats(): StreamStats;
  /** The next frame from now on for which this holds. */
  frame(limitMs: number, what: string, holds?: (frame: Seen) => boolean): Promise<Seen>;
  /** The next change of state from now on, to this one and for this reason. */
  state(limitMs: number, state: StreamState, reason?: string): Promise<StateRecord>;
  /** Stops it cleanly and gives the last figures. */
  stop(): Promise<StreamStats>;
}

/** Short limits, so that a test sees in seconds what is minutes in life. */
export const IMPATIENT = {
  connectTimeoutMs: 3000, firstFrameTimeoutMs: 3000, silenceTimeoutMs: 1500, backoffMinMs: 100, backoffMaxMs: 300, healthyAfterMs: 1000,
};

/** A busy machine can stand still for a second; where silence is not what is tested, that is not to count as any. */
export const PATIENT = { ...IMPATIENT, silenceTimeoutMs: 15_000 };

/** How long a frame may take on a busy machine, from a start of everything, ms. */
export const SOON_MS = 20_000;

let quickModel: string | undefined;
/** One file for all tests of a process, written by the first. */
const theQuickModel = (): string => (quickModel ??= barsModel(temporaryFolder()));

/** Opens a session on one address, with a model that reads the cameras' numbers. */
export async function watch(source: string, some: { live?: object; source?: object; serve?: object; pool?: object } = {}, model = theQuickModel()): Promise<Watched> {
  const stop = new AbortController();
  const events = new EventEmitter().setMaxListeners(0);
  const seen: Seen[] = [];
  const states: StateRecord[] = [];
  const lines: string[] = [];
  const notices: Notice[] = [];
  const broken: string[] = [];
  let stats = (): StreamStats[] => [];
  const take = (record: WireRecord, line: string): void => {
    lines.push(line);
    for (const one of stats()) check(broken, () => assertAccounted(one));
    if (record.type === "state") {
      states.push(record);
      events.emit("state", record);
    } else if (record.type === "frame") {
      const one = seenOf(record);
      check(broken, () => assertFollows(seen.at(-1), one));
      seen.push(one);
      events.emit("frame", one);
    }
  };
  const sink = directSink("watch", ({ record, line }) => take(record, line));
  const options = settings({ sources: [source], model: { path: model }, inference: { workers: 1 }, ...some, live: { ...IMPATIENT, ...some.live } });
  const world = { signal: stop.signal, clock: systemClock, version: "test", notice: (one: Notice) => notices.push(one), extraSinks: [sink] };
  const session = await openSession(options, world);
  stats = () => session.stats();
  const next = <T>(event: string, limitMs: number, what: string, holds: (one: T) => boolean): Promise<T> =>
    nextOf(events, event, limitMs, what, holds).catch((error: unknown) => {
      throw new Error(`${String(error)}; states so far: ${states.map(({ state, reason }) => `${state} ${reason ?? ""}`).join(", ")}; ${seen.length} frames`);
    });
  const end = async (): Promise<StreamStats> => {
    stop.abort();
    const [last] = await session.done;
    await session[Symbol.asyncDispose]();
    if (last === undefined) throw new Error("no stream");
    if (last.inHouse !== 0) broken.push(`${last.inHouse} frames are still in the house at the end`);
    if (broken.length > 0) throw new Error(broken.slice(0, 5).join("\n"));
    return last;
  };
  let ended: Promise<StreamStats> | undefined;
  return {
    session, seen, states,
    said: () => [...lines, JSON.stringify(notices), JSON.stringify(session.stats())].join("\n"),
    stats: () => session.stats()[0]!,
    frame: (limitMs, what, holds = () => true) => next<Seen>("frame", limitMs, what, holds),
    state: (limitMs, state, reason) =>
      next<StateRecord>("state", limitMs, `state ${state} ${reason ?? ""}`, (one) => one.state === state && (reason === undefined || one.reason === reason)),
    stop: () => (ended ??= end()),
    async [Symbol.asyncDispose]() {
      await (ended ??= end());
    },
  };
}

/** The next event for which this holds. */
function nextOf<T>(events: EventEmitter, event: string, limitMs: number, what: string, holds: (one: T) => boolean): Promise<T> {
  let listener = (_one: T): void => undefined;
  const come = new Promise<T>((resolve) => {
    listener = (one) => void (holds(one) && resolve(one));
    events.on(event, listener);
  });
  return within(limitMs, what, come).finally(() => events.off(event, listener));
}

function seenOf({ epoch, frame, outcome, widthPx, heightPx, objects }: FrameRecord): Seen {
  return { epoch, frame, outcome, widthPx, heightPx, number: barsNumber(objects[0]?.box, widthPx), publishedMs: monotonicNowMs() };
}

/** Numbers rise, each once, and an old epoch never comes back. */
function assertFollows(last: Seen | undefined, next: Seen): void {
  if (last === undefined) return;
  if (next.frame <= last.frame) throw new Error(`frame ${next.frame} came after frame ${last.frame}`);
  if (next.epoch < last.epoch) throw new Error(`frame ${next.frame} of epoch ${next.epoch} came after epoch ${last.epoch}`);
}

/** What is thrown inside a sink would end the stream; it is kept for the end of the test. */
function check(broken: string[], assertion: () => void): void {
  try {
    assertion();
  } catch (error) {
    broken.push(String(error));
  }
}
