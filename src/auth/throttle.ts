import { keepNewest } from "../core/keep-newest.js";

/** So many wrong tokens in a row cost nothing: people mistype. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** After so long without a failure an address is forgotten, ms. */
const FORGET_AFTER_MS = 15 * 60_000;
/** Most addresses that are remembered; the oldest goes first. */
const MOST_ADDRESSES = 10_000;

/** Slows down who guesses. Pure but for what it remembers: time is an argument, monotonic ms. */
export interface Throttle {
  /** How long the address has to wait until it may try again, ms; 0 = now. */
  waitMs(address: string, nowMs: number): number;
  failed(address: string, nowMs: number): void;
  succeeded(address: string): void;
}

/** Makes a throttle that remembers nobody. */
export function throttle(): Throttle {
  const seen = new Map<string, { failures: number; untilMs: number; lastMs: number }>();
  return {
    waitMs: (address, nowMs) => Math.max(0, (seen.get(groupOf(address))?.untilMs ?? 0) - nowMs),
    failed(address, nowMs) {
      const key = groupOf(address);
      const before = seen.get(key);
      const failures = before && nowMs - before.lastMs < FORGET_AFTER_MS ? before.failures + 1 : 1;
      const waitMs = failures < FREE_FAILURES ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - FREE_FAILURES));
      seen.delete(key);
      seen.set(key, { failures, untilMs: nowMs + waitMs, lastMs: nowMs });
      keepNewest(seen, MOST_ADDRESSES);
    },
    succeeded: (address) => void seen.delete(groupOf(address)),
  };
}

/** A household has 2^64 addresses of IPv6: they count as one. */
function groupOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "").replace(/%.*$/, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).map((part) => Number.parseInt(part, 16).toString(16)).join(":");
}
