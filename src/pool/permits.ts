/**
 * Who may send the next task, fair by weight. Pure bookkeeping: no clock, no chance; who waits is bounded by the streams,
 * each of which asks for one permit at a time.
 *
 * Weighted fair queueing by virtual time. A permit moves its stream's tag on by 1 / weight, and of those that wait the
 * lowest tag is served first:
 *
 *   gate (weight 2)  ■ 0    ■ 0.5  ■ 1    ■ 1.5        two permits ...
 *   yard (weight 1)  ■ 0           ■ 1           ■ 2   ... to one
 *                    └──────── virtual time ────────►
 *
 * Virtual time is the highest tag served so far. Who comes back from being away starts there, less a few permits (below):
 * being away earns nothing, and having had what nobody else wanted costs nothing.
 */
export interface Permits {
  /** Most permits that are out at once. May change; permits that are out beyond it come home first. */
  readonly capacity: number;
  /** Permits that are out. */
  out(): number;
  setCapacity(capacity: number): void;
  /** Sets a stream's weight, above 0. A stream that was never weighed has 1. */
  weigh(stream: number, weight: number): void;
  /** Forgets a stream that asks no more. */
  forget(stream: number): void;
  /** Settles when `stream` may send one task. */
  take(stream: number): Promise<void>;
  /** A task is over: its permit is free again. */
  give(): void;
  /** A permit comes back unused: it is free again, and `stream` is not charged for it. */
  giveUnused(stream: number): void;
}

interface Share {
  weight: number;
  /** Virtual time at which its next permit is due. */
  tag: number;
}

interface Waiting {
  readonly share: Share;
  readonly grant: () => void;
}

/**
 * A stream between two of its frames is not waiting, and has not gone either: so many permits' worth of its turn is kept.
 * Measured in test/pool/permits.test.ts: with 0 a stream loses up to a third of its share at its gaps, with 4 none that
 * matters. It is also the most that a stream can be given in a row for having been away.
 */
const KEPT_PERMITS = 4;

/** Makes `capacity` permits. */
export function makePermits(capacity: number): Permits {
  const shares = new Map<number, Share>();
  const waiting: Waiting[] = [];
  let limit = capacity;
  let out = 0;
  let virtualTime = 0;

  function shareOf(stream: number): Share {
    let share = shares.get(stream);
    if (share === undefined) shares.set(stream, (share = { weight: 1, tag: virtualTime }));
    return share;
  }

  function charge(share: Share): void {
    virtualTime = Math.max(virtualTime, share.tag);
    share.tag += 1 / share.weight;
    out += 1;
  }

  function serve(): void {
    while (out < limit && waiting.length > 0) {
      const [next] = waiting.splice(lowest(waiting), 1);
      if (next === undefined) return;
      charge(next.share);
      next.grant();
    }
  }

  return {
    get capacity() {
      return limit;
    },
    out: () => out,
    setCapacity(next) {
      limit = next;
      serve();
    },
    weigh: (stream, weight) => reweigh(shareOf(stream), weight, virtualTime),
    forget: (stream) => void shares.delete(stream),
    take(stream) {
      const share = shareOf(stream);
      share.tag = Math.max(share.tag, virtualTime - KEPT_PERMITS / share.weight);
      if (out < limit && waiting.length === 0) {
        charge(share);
        return Promise.resolve();
      }
      return new Promise((grant) => waiting.push({ share, grant }));
    },
    give() {
      out -= 1;
      serve();
    },
    giveUnused(stream) {
      const share = shares.get(stream);
      if (share) share.tag -= 1 / share.weight;
      out -= 1;
      serve();
    },
  };
}

/** What a stream has had already is counted as if it had always had this weight. In place: it may be waiting. */
function reweigh(share: Share, weight: number, virtualTime: number): void {
  share.tag = virtualTime + ((share.tag - virtualTime) * share.weight) / weight;
  share.weight = weight;
}

/** Index of the lowest tag; of equal ones the one that asked first. */
function lowest(waiting: readonly Waiting[]): number {
  let best = 0;
  for (let i = 1; i < waiting.length; i += 1) {
    if (waiting[i]!.share.tag < waiting[best]!.share.tag) best = i;
  }
  return best;
}
