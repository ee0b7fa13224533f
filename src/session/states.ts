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
  /** Whether the source is live by nature. What is not gets its states on the feed alone: its records are one line a frame. */
  readonly isLive: boolean;
  /** Epochs that the stream has begun so far, whichever sources it has had. */
  readonly epochs: () => number;
  /** Told when trouble begins, changes its cause, and is over: not at each of its retries. */
  readonly notice: (notice: Pick<Notice, "level" | "code" | "message">) => void;
}

/** Brings a stream's states into its figures and, of a live source, to everybody who gets records. */
export interface StatePublisher {
  changed(change: StateChange): void;
  /** The frames of a source that tells no states begin. */
  began(): void;
  /** The stream is over; with an error it has failed. Its last state record, also where it never got as far as a first one. */
  over(error: PipelineError | null): void;
}

/** Makes it. */
export function statePublisher({ stream, sinks, gateway, meter, clock, isLive, epochs, notice }: StatePublisherParts): StatePublisher {
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
    if (isLive || epoch > 0) sinks.write(once);
    gateway?.publish(once);
  }

  return {
    changed(change) {
      epoch = change.epoch;
      meter.setState(change.state, change.reason && { code: change.reason, message: change.message ?? "" });
      follow(change);
      publish(change);
    },
    began: () => publish({ state: "live", epoch: epochs() + 1 }),
    over(error) {
      const state = error ? "failed" : "ended";
      // Who was told to stop while it could not connect never worked: that is worth more than "ended".
      meter.setState(state, error?.toWire() ?? trouble);
      publish({ state, epoch: Math.max(1, epoch, epochs()), ...(error && { reason: error.code, message: error.message }) });
    },
  };
}
