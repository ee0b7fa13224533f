import { systemClock } from "../core/clock.js";
import type { Still } from "../picture/index.js";
import type { Detections, DetectFilter, ModelInstance, PlanarFrame } from "./model-instance.js";
import { makeTurns, type WaitOptions } from "./turns.js";

/** How an instance is shared. */
export interface ShareOptions {
  /** Most calls that wait; one more is refused with E_INSTANCE_FULL. Default: 64. */
  readonly maxWaiting?: number;
}

/** An instance that several callers of its thread share. It is not closed with them: dispose the instance itself. */
export interface LockedInstance {
  /** Calls that wait now; the one that runs is not counted. */
  readonly waiting: number;
  /**
   * As `ModelInstance.detect`, when the call's turn comes. `timeoutMs` and `signal` give up a call that waits, never one
   * that runs: a run can't be ended.
   * @throws what the instance throws; PipelineError E_INSTANCE_FULL, E_INSTANCE_TIMEOUT; the signal's reason.
   */
  detect(picture: Still | PlanarFrame, options?: DetectFilter & WaitOptions): Promise<Detections>;
}

const MOST_WAITING = 64;

/**
 * The safe way to share an instance within its thread: callers are served one after another, first come first served, and
 * one's failure does not touch the next. Make one lock and give it to all; two locks on one instance know nothing of each
 * other.
 */
export function locked(instance: ModelInstance, { maxWaiting = MOST_WAITING }: ShareOptions = {}): LockedInstance {
  const turns = makeTurns(maxWaiting, systemClock);
  return {
    get waiting() {
      return turns.waiting;
    },
    detect: (picture, { timeoutMs, signal, ...filter } = {}) =>
      turns.take(() => instance.detect(picture, filter), { timeoutMs, signal }),
  };
}
