/**
 * Who may send the next task, fair by weight. Pure bookkeeping: no clock, no chance; who waits is bounded by the streams,
 * each of which asks for one permit at a time.
 *
 * Weighted fair queueing by virtual time. A permit moves its stream's tag on by 1 / weight, and of those that wait the
 * one is served first whose turn has its middle first, at the tag + half of that:
 *
 *   gate (weight 2)  ■ 0    ■ 0.5  ■ 1    ■ 1.5        two permits ...
 *   yard (weight 1)  ■ 0           ■ 1           ■ 2   ... to one
 *                    └──────── virtual time ────────►
 *
 * Virtual time is the highest tag served so far. Who comes back from being away starts there, less a few permits (below):
 * being away earns nothing, and having had what nobody else wanted costs nothing.
 *
 * What this can't give: a live stream has one frame waiting, the newest. Where several threads come free at once it takes
 * one, the others go to who waits, and a frame that then finds no thread within its period is lost for good. So a stream
 * that is due more than half of several threads, and wants hardly more than that, falls 10 to 20 % short; one that brings
 * half as much again does not. To hold threads back for it would cost everybody more than that.
 */
export interface Permits {
  /** Most permits that are out at once. May change; permits that are out beyond it come home first. */
  readonly capacity: number;
  /** Permits that are out. */
  out(): number;
  setCapacity(capacity: number): void;
  /** Streams that something is kept of. */
  readonly streams: number;
  /** Sets a stream's weight, above 0. From then on what it has had is kept; before, each of its permits is as its first, with weight 1. */
  weigh(stream: number, weight: number): void;
  /** Forgets a stream. Should it still ask, for a frame that waited for a sink, nothing is kept of that. */
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

  const shareOf = (stream: number): Share => shares.get(stream) ?? { weight: 1, tag: virtualTime };

  function charge(share: Share): void {
    virtualTime = Math.max(virtualTime, share.tag);
    share.tag += 1 / share.weight;
    out += 1;
  }

  function serve(): void {
    while (out < limit && waiting.length > 0) {
      const [next] = waiting.splice(firstDue(waiting), 1);
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
    get streams() {
      return shares.size;
    },
    weigh: (stream, weight) => void shares.set(stream, reweighed(shareOf(stream), weight, virtualTime)),
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
function reweighed(share: Share, weight: number, virtualTime: number): Share {
  share.tag = virtualTime + ((share.tag - virtualTime) * share.weight) / weight;
  share.weight = weight;
  return share;
}

/** Index of the one that is due first; of equal ones the one that asked first. */
function firstDue(waiting: readonly Waiting[]): number {
  let best = 0;
  for (let i = 1; i < waiting.length; i += 1) {
    if (dueAt(waiting[i]!.share) < dueAt(waiting[best]!.share)) best = i;
  }
  return best;
}

/**
 * The middle of its turn. At the turn's beginning a stream of great weight, whose frames have little time, would wait behind
 * those that have much (measured: 8 % of its share); at its end one of small weight would wait for two rounds.
 */
function dueAt({ tag, weight }: Share): number {
  return tag + 0.5 / weight;
}
