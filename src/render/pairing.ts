import { PipelineError } from "../core/errors.js";
import { stillPresent } from "../core/still.js";
import type { FrameRecord } from "../wire/index.js";

/** Records have media times in whole microseconds, some containers in whole milliseconds; frames lie further apart. */
const TOLERANCE_MS = 2;

/** Finds each frame's record. */
export interface Pairing {
  /**
   * The record of the clip's frame `n` (from 0), or of a still frame that was left out there, the one before it; undefined = it
   * has none. Asked in order, once each.
   * @throws PipelineError E_RENDER_CLIP when their media times say that the clip is another one
   */
  take(n: number, ptsMs: number): Promise<FrameRecord | undefined>;
  /** Reads what is left. Returns how many records had no frame in the clip. */
  drain(): Promise<number>;
}

/**
 * A record belongs to the frame of its number, counted from `base` in the order of decoding; the media times have to
 * agree. They may differ by when the clip's video begins: some versions of FFmpeg count from there. With `base` null the
 * first record's media time says which frame is the first.
 */
export function pairing(records: AsyncIterator<FrameRecord>, base: number | null): Pairing {
  const present = stillPresent();
  let next: FrameRecord | undefined;
  let isOver = false;
  let unplaced = 0;
  let first = base;
  let beginMs: number | undefined;
  let shiftMs: number | undefined;
  let last: FrameRecord | undefined;

  async function advance(): Promise<void> {
    next = undefined;
    if (isOver) return;
    const result = await records.next();
    if (result.done === true) isOver = true;
    else next = present(result.value);
  }

  function findFirst(record: FrameRecord, n: number, ptsMs: number): void {
    if (first !== null || record.ptsMs === null) first ??= record.frame;
    else if (Math.abs(record.ptsMs - ptsMs) <= TOLERANCE_MS) first = record.frame - n;
  }

  function check(record: FrameRecord, n: number, ptsMs: number): void {
    if (record.ptsMs === null) return;
    const difference = record.ptsMs - ptsMs;
    shiftMs ??= [0, -beginMs!].find((allowed) => Math.abs(difference - allowed) <= TOLERANCE_MS);
    if (shiftMs !== undefined && Math.abs(difference - shiftMs) <= TOLERANCE_MS) return;
    throw new PipelineError("E_RENDER_CLIP", `frame ${record.frame} of ${record.stream} was seen at ${record.ptsMs} ms, but the clip's frame ${n} is at ${Math.round(ptsMs)} ms: it is another clip, or it was read with --decode keys or noref`);
  }

  return {
    async take(n, ptsMs) {
      beginMs ??= ptsMs;
      if (next === undefined) await advance();
      if (next) findFirst(next, n, ptsMs);
      if (first === null) return undefined;
      while (next && next.frame - first < n) {
        unplaced += 1;
        await advance();
      }
      if (next?.frame !== first + n) return next && last && leftOut(first + n, last, next);
      const record = next;
      last = record;
      check(record, n, ptsMs);
      next = undefined;
      return record;
    },
    async drain() {
      if (next === undefined) await advance();
      while (next) {
        unplaced += 1;
        await advance();
      }
      return unplaced;
    },
  };
}

/** Still frames that the log has left out show what the last one before them did, where nothing else was left out with them. */
function leftOut(frame: number, before: FrameRecord, { epoch, stillBefore = 0, emptyBefore = 0 }: FrameRecord): FrameRecord | undefined {
  const isKnown = stillBefore > 0 && emptyBefore === 0 && before.epoch === epoch && (before.outcome === "detected" || before.outcome === "still");
  return isKnown ? { ...before, frame } : undefined;
}
