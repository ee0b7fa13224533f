import { systemClock } from "../../src/core/clock.js";
import type { StreamStats } from "../../src/core/stats.js";
import type { FrameRecord } from "../../src/wire/index.js";
import { openSession, type Notice, type Session } from "../../src/session/index.js";
import { collector, settings } from "./session.js";
import { until } from "./until.js";

/** A session that a test changes while it runs. */
export interface RunningSession extends AsyncDisposable {
  readonly session: Session;
  readonly records: readonly FrameRecord[];
  readonly notices: readonly Notice[];
  /** Tells it to stop, and waits for its end. */
  stop(): Promise<StreamStats[]>;
  of(stream: string): StreamStats | undefined;
  recordsOf(stream: string): readonly FrameRecord[];
  /** Settles when the stream has `count` frames more than now. */
  moves(stream: string, count: number): Promise<void>;
}

/** Opens a session by (partial) settings. */
export async function runSession(some: Record<string, unknown>): Promise<RunningSession> {
  const stopping = new AbortController();
  const notices: Notice[] = [];
  const { sink, records } = collector();
  const world = { signal: stopping.signal, clock: systemClock, version: "test", notice: (one: Notice) => void notices.push(one), extraSinks: [sink] };
  const session = await openSession(settings(some), world);
  const of = (stream: string): StreamStats | undefined => session.stats().find((one) => one.stream === stream);
  const recordsOf = (stream: string): FrameRecord[] => records.filter((record) => record.stream === stream);
  return {
    session, records, notices, of, recordsOf,
    stop() {
      stopping.abort();
      return session.done;
    },
    async moves(stream, count) {
      const goal = recordsOf(stream).length + count;
      await until(() => recordsOf(stream).length >= goal, `${count} records of ${stream}; it is ${JSON.stringify(of(stream))}`);
    },
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await session[Symbol.asyncDispose]();
    },
  };
}
