import { systemClock, type Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";

/** How long a call may wait for its turn. A call whose turn has come is never ended. */
export interface WaitOptions {
  /** Longest wait, ms. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
  /** Aborting gives the wait up; the call then rejects with the signal's reason and never runs. */
  readonly signal?: AbortSignal | undefined;
}

/** Callers of something that takes one call at a time, first come first served. */
export interface Turns {
  /** Calls that wait; the one that runs is not counted. */
  readonly waiting: number;
  /**
   * Does `work` when its turn comes, at once when nobody is before it. One caller's failure does not touch the next.
   * @throws PipelineError E_INSTANCE_FULL, E_INSTANCE_TIMEOUT; the signal's reason; whatever `work` throws
   */
  take<T>(work: () => Promise<T>, wait?: WaitOptions): Promise<T>;
}

/** Makes a line for at most `maxWaiting` calls. */
export function makeTurns(maxWaiting: number, clock: Clock): Turns {
  const line: (() => void)[] = [];
  let taken = false;

  async function run<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      const next = line.shift();
      if (next === undefined) taken = false;
      else next();
    }
  }

  return {
    get waiting() {
      return line.length;
    },
    async take(work, { timeoutMs, signal } = {}) {
      signal?.throwIfAborted();
      if (taken && line.length >= maxWaiting) throw new PipelineError("E_INSTANCE_FULL", `${line.length} calls wait for this model instance already (limit maxWaiting ${maxWaiting})`);
      if (taken) await turn(line, { timeoutMs, signal }, clock);
      taken = true;
      return run(work);
    },
  };
}

/** Waits in the line. Whoever gives up leaves it, so that the next one in it is one that still wants to run. */
function turn(line: (() => void)[], { timeoutMs, signal }: WaitOptions, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const giveUp = (why: Error): void => {
      line.splice(line.indexOf(come), 1);
      settle();
      reject(why);
    };
    const timer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => giveUp(tooLate(timeoutMs)));
    const onAbort = (): void => giveUp(signal?.reason as Error);
    const settle = (): void => {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener("abort", onAbort);
    };
    const come = (): void => {
      settle();
      resolve();
    };
    signal?.addEventListener("abort", onAbort);
    line.push(come);
  });
}

const tooLate = (timeoutMs: number): PipelineError => new PipelineError("E_INSTANCE_TIMEOUT", `this call's turn did not come within ${timeoutMs} ms`);

/** Something that any number of callers may use. */
export interface Shared<In, Out> {
  run(input: In): Promise<Out>;
}

/** Serves all callers one after another, however many they are: bound them before. */
export function inTurn<In, Out>(instance: Shared<In, Out>): Shared<In, Out> {
  const turns = makeTurns(Infinity, systemClock);
  return { run: (input) => turns.take(() => instance.run(input)) };
}
