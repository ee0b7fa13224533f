import type { Clock } from "../core/clock.js";
import type { PipelineError } from "../core/errors.js";
import type { Gateway } from "../gateway/index.js";
import type { StreamMeter } from "../metrics/index.js";
import { published, stateRecord, type StateChange } from "../record/index.js";
import type { SinkGroup } from "./publisher.js";

/** Whom a stream's states are told to. */
export interface StatePublisherParts {
  readonly stream: string;
  readonly sinks: SinkGroup;
  readonly gateway: Gateway | null;
  readonly meter: StreamMeter;
  readonly clock: Clock;
}

/** Brings a stream's states into its figures and, of a live source, to everybody who gets records. */
export interface StatePublisher {
  changed(change: StateChange): void;
  /** The stream is over; with an error it has failed. */
  over(error: PipelineError | null): void;
}

/** Makes it. A source that tells no states (a file) gets no state records: its end is the end of its records. */
export function statePublisher({ stream, sinks, gateway, meter, clock }: StatePublisherParts): StatePublisher {
  let epoch = 0;

  function publish(change: StateChange): void {
    const once = published(stateRecord(stream, change, clock.wallMs()));
    sinks.write(once);
    gateway?.publish(once);
  }

  return {
    changed(change) {
      epoch = change.epoch;
      meter.setState(change.state, change.reason && { code: change.reason, message: change.message ?? "" });
      publish(change);
    },
    over(error) {
      const state = error ? "failed" : "ended";
      meter.setState(state, error?.toWire());
      if (epoch > 0) publish({ state, epoch, ...(error && { reason: error.code, message: error.message }) });
    },
  };
}
