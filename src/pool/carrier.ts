import type { PipelineError } from "../core/errors.js";
import type { WorkerTask } from "./messages.js";
import { makePermits } from "./permits.js";
import { NONE_REPLACED, type InferencePool, type PoolAnswer, type ReplacementCause, type Seat } from "./pool.js";
import { liveDevices, type LiveDevices } from "./runtimes/live.js";

/** What a carrier tells of a task besides its answer: each once, in this order or at the same time. */
export interface Hands {
  /** Nobody will read the task's slot any more: the pixels are somewhere else, or the task is home. */
  slotRead(): void;
  /** Nothing of the task is out any more, so another may be sent. After `late` this may take long. */
  home(): void;
}

/** What a mode brings: model instances somewhere, and the way there and back. Who may send is the same in all modes. */
export interface Carrier extends AsyncDisposable {
  /** Model instances that can be reached now. */
  readonly workers: number;
  /** What runs each of them. */
  readonly live: readonly LiveDevices[];
  /** Most tasks that are worth having out at once, with a live stream seated or without one. */
  capacity(newestFirst: boolean): number;
  /** Takes each change of what `capacity` says, where it changes by itself. Called once, before anything is sent. */
  onCapacity?(changed: () => void): void;
  /** Takes one task there. Never rejects. */
  carry(task: WorkerTask, hands: Hands): Promise<PoolAnswer>;
  /** A stream is there, or has another seat. */
  joined?(stream: number, seat: Seat): void;
  /** A stream wants to end: see `InferencePool.finishing`. */
  finishing?(stream: number): void;
  /** A stream has left, and nothing of it is out: what was kept for it may go. */
  left(stream: number): void;
  /** Settles with E_POOL_STUCK when runs hang that can't be ended, with E_WORKER_START when no worker is left. Else never. */
  readonly stuck: Promise<PipelineError>;
  /** Workers that were lost and replaced so far, by cause; left out where that can't be. */
  readonly replaced?: Readonly<Record<ReplacementCause, number>>;
}

/**
 * A pool of the instances that a carrier leads to. The carrier is made here, since it may have to know how many tasks can
 * be out. Closing waits for the carrier, which waits for its tasks.
 */
export function poolOf(make: (capacity: () => number) => Carrier): InferencePool {
  const permits = makePermits(0);
  const carrier = make(() => permits.capacity);
  const newestFirst = new Set<number>();
  let closing: PromiseLike<void> | undefined;

  const fitCapacity = (): void => permits.setCapacity(carrier.capacity(newestFirst.size > 0));
  fitCapacity();
  carrier.onCapacity?.(fitCapacity);

  return {
    get workers() {
      return carrier.workers;
    },
    get live() {
      return liveDevices(carrier.live);
    },
    get capacity() {
      return permits.capacity;
    },
    get busy() {
      return permits.out();
    },
    join(stream, seat) {
      permits.weigh(stream, seat.weight);
      if (seat.newestFirst) newestFirst.add(stream);
      carrier.joined?.(stream, seat);
      fitCapacity();
    },
    finishing: (stream) => carrier.finishing?.(stream),
    leave(stream) {
      permits.forget(stream);
      newestFirst.delete(stream);
      fitCapacity();
      carrier.left(stream);
    },
    permit: (stream) => permits.take(stream),
    returnPermit: (stream) => permits.giveUnused(stream),
    stuck: carrier.stuck,
    replaced: carrier.replaced ?? NONE_REPLACED,
    run: (task, released) => carrier.carry(task, { slotRead: released, home: () => permits.give() }),
    [Symbol.asyncDispose]: async () => closing ??= carrier[Symbol.asyncDispose](),
  };
}
