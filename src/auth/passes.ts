import { randomBytes } from "node:crypto";
import { digest } from "./token.js";

const PASS_BYTES = 32;

/** Random words that stand for a token for a while: a browser's cookie, a ticket for one socket. Kept by their hash, in memory only. */
export interface Passes<T> {
  /** Makes one; beyond `most` the oldest is forgotten. */
  issue(value: T, nowMs: number): string;
  /** What it stands for; undefined when it is unknown or over. Prolongs it where it may be. */
  use(pass: string, nowMs: number): T | undefined;
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
  return {
    issue(value, nowMs) {
      const pass = randomBytes(PASS_BYTES).toString("base64url");
      known.set(digest(pass), { value, madeMs: nowMs, usedMs: nowMs });
      if (known.size > most) known.delete([...known.keys()][0] ?? "");
      return pass;
    },
    use(pass, nowMs) {
      const key = digest(pass);
      const found = known.get(key);
      if (found === undefined) return undefined;
      const isOver = nowMs - found.usedMs >= idleMs || nowMs - found.madeMs >= longestMs;
      if (isOver || once) known.delete(key);
      found.usedMs = nowMs;
      return isOver ? undefined : found.value;
    },
    revoke: (pass) => void known.delete(digest(pass)),
  };
}
