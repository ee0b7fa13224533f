import { randomBytes } from "node:crypto";
import { keepNewest } from "../core/keep-newest.js";
import { digest } from "./token.js";

const PASS_BYTES = 32;

/** Random words that stand for a token for a while: a browser's cookie, a ticket for one socket. Kept by their hash, in memory only. */
export interface Passes<T> {
  /** Makes one; beyond `most` the oldest is forgotten. What it stands for may know its id, which is no secret. */
  issue(valueOf: (id: string) => T, nowMs: number): string;
  /** What it stands for; undefined when it is unknown or over. Prolongs it where it may be. */
  use(pass: string, nowMs: number): T | undefined;
  /** Whether the pass with this id still holds. Prolongs it like a use. */
  holds(id: string, nowMs: number): boolean;
  revoke(pass: string): void;
}

/** How long a pass holds, ms, and how many there may be. */
export interface PassLimits {
  /** After its last use. */
  readonly idleMs: number;
  /** After it was made, however much it is used. */
  readonly longestMs: number;
  readonly once: boolean;
  readonly most: number;
}

/** Makes an empty shelf of passes. Time is an argument, monotonic ms. */
export function passes<T>({ idleMs, longestMs, once, most }: PassLimits): Passes<T> {
  const known = new Map<string, { value: T; madeMs: number; usedMs: number }>();
  const useById = (id: string, nowMs: number): { readonly value: T } | undefined => {
    const found = known.get(id);
    if (found === undefined) return undefined;
    const isOver = nowMs - found.usedMs >= idleMs || nowMs - found.madeMs >= longestMs;
    if (isOver || once) known.delete(id);
    found.usedMs = nowMs;
    return isOver ? undefined : found;
  };
  return {
    issue(valueOf, nowMs) {
      const pass = randomBytes(PASS_BYTES).toString("base64url");
      const id = digest(pass);
      known.set(id, { value: valueOf(id), madeMs: nowMs, usedMs: nowMs });
      keepNewest(known, most);
      return pass;
    },
    use: (pass, nowMs) => useById(digest(pass), nowMs)?.value,
    holds: (id, nowMs) => useById(id, nowMs) !== undefined,
    revoke: (pass) => void known.delete(digest(pass)),
  };
}
