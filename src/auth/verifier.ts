import type { Clock } from "../core/clock.js";
import { keepNewest } from "../core/keep-newest.js";
import type { Identity, Verdict } from "./identity.js";
import { throttle } from "./throttle.js";
import { digest, fits, partsOf, type StoredToken } from "./token.js";

/** A token that was found right is not computed again for so long, ms. */
const VERIFIED_MS = 60_000;
const MOST_VERIFIED = 1000;
/** Hashes are computed one after the other, so that guessing takes one thread at most; more than these do not even wait. */
const MOST_WAITING = 16;
const BUSY_RETRY_MS = 1000;

/** Judges what is shown, and slows down who guesses. */
export interface Verifier {
  /** Computes the token's hash, unless it was found right a moment ago. */
  verify(token: string, address: string): Promise<Verdict>;
  /** For what is found without computing: counts, and slows down, like `verify`. */
  judge(address: string, find: () => Identity | undefined): Verdict;
  forgetAll(): void;
}

/** Makes a verifier over the tokens that there are at each moment. */
export function tokenVerifier(tokens: () => ReadonlyMap<string, StoredToken>, clock: Clock): Verifier {
  const slow = throttle();
  const verified = new Map<string, { identity: Identity; untilMs: number }>();
  let waiting = 0;
  let turn: Promise<unknown> = Promise.resolve();
  /** Counts reloads: what was computed against older tokens is not remembered. */
  let generation = 0;

  async function find(token: string): Promise<Identity | undefined> {
    const parts = partsOf(token);
    const stored = parts && tokens().get(parts.id);
    if (!parts || !stored || !(await fits(parts.secret, stored))) return undefined;
    return { role: stored.role, streams: stored.streams, tokenId: stored.id };
  }

  function concluded(address: string, identity: Identity | undefined): Verdict {
    if (identity === undefined) slow.failed(address, clock.monotonicMs());
    else slow.succeeded(address);
    return identity === undefined ? { kind: "wrong" } : { kind: "in", identity };
  }

  async function compute(token: string, address: string): Promise<Verdict> {
    // Looked at when it is its turn: a thousand guesses at once are still one after the other.
    const waitMs = slow.waitMs(address, clock.monotonicMs());
    if (waitMs > 0) return { kind: "slowed", retryAfterMs: waitMs };
    const begun = generation;
    const verdict = concluded(address, await find(token));
    if (verdict.kind === "in" && begun === generation) {
      verified.set(digest(token), { identity: verdict.identity, untilMs: clock.monotonicMs() + VERIFIED_MS });
      keepNewest(verified, MOST_VERIFIED);
    }
    return verdict;
  }

  return {
    async verify(token, address) {
      const known = verified.get(digest(token));
      if (known && known.untilMs > clock.monotonicMs()) return { kind: "in", identity: known.identity };
      if (waiting >= MOST_WAITING) return { kind: "slowed", retryAfterMs: BUSY_RETRY_MS };
      waiting += 1;
      const mine = turn.then(() => compute(token, address));
      turn = mine.catch(() => undefined);
      try {
        return await mine;
      } finally {
        waiting -= 1;
      }
    },
    judge(address, look) {
      const waitMs = slow.waitMs(address, clock.monotonicMs());
      return waitMs > 0 ? { kind: "slowed", retryAfterMs: waitMs } : concluded(address, look());
    },
    forgetAll() {
      generation += 1;
      verified.clear();
    },
  };
}
