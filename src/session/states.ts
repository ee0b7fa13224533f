import type { Clock } from "../core/clock.js";
import type { ErrorWire, PipelineError } from "../core/errors.js";
import type { StateChange } from "../core/stream-state.js";
import type { Gateway } from "../gateway/index.js";
import type { StreamMeter } from "../metrics/index.js";
import { published, stateRecord } from "../wire/index.js";
import type { Notice } from "./session.js";
import type { SinkGroup } from "./publisher.js";

/** Whom a stream's states are told to. */
export interface StatePublisherParts {
  readonly stream: string;
  readonly sinks: SinkGroup;
  readonly gateway: Gateway | null;
  readonly meter: StreamMeter;
  readonly clock: Clock;
  /** Told when trouble begins, changes its cause, and is over: not at each of its retries. */
  readonly notice: (notice: Pick<Notice, "level" | "code" | "message">) => void;
}

/** Brings a stream's states into its figures and, of a live source, to everybody who gets records. */
export interface StatePublisher {
  changed(change: StateChange): void;
  /** The stream is over; with an error it has failed. */
  over(error: PipelineError | null): void;
}

/** Makes it. A source that tells no states (a file) gets no state records: its end is the end of its records. */
export function statePublisher({ stream, sinks, gateway, meter, clock, notice }: StatePublisherParts): StatePublisher {
  let epoch = 0;
  /** Why the stream is not live; undefined while it is. */
  let trouble: ErrorWire | undefined;

  function follow({ state, reason, message = "" }: StateChange): void {
    const before = trouble;
    if (reason !== undefined) trouble = { code: reason, message };
    else if (state === "live") trouble = undefined;
    if (trouble && trouble.code !== before?.code) notice({ level: "warn", ...trouble });
    else if (before && !trouble) notice({ level: "info", message: "live again" });
  }

  function publish(change: StateChange): void {
    const once = published(stateRecord(stream, change, clock.wallMs()));
    sinks.write(once);
    gateway?.publish(once);
  }

  return {
    changed(change) {
      epoch = change.epoch;
      meter.setState(change.state, change.reason && { code: change.reason, message: change.message ?? "" });
      follow(change);
      publish(change);
    },
    over(error) {
      const state = error ? "failed" : "ended";
      // Who was told to stop while it could not connect never worked: that is worth more than "ended".
      meter.setState(state, error?.toWire() ?? trouble);
      if (epoch > 0) publish({ state, epoch, ...(error && { reason: error.code, message: error.message }) });
    },
  };
}
