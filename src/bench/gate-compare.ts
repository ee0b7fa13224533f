import { overlap } from "../accuracy/index.js";
import { stillPresent } from "../core/still.js";
import type { FrameRecord } from "../wire/index.js";

/** One object on its way through the pictures, and where it was. */
export interface Passage {
  readonly label: string;
  /** Its boxes by frame number, source px. Ascending. */
  readonly boxes: ReadonlyMap<number, readonly number[]>;
}

/** What a gate did to the passages that a run without it found. */
export interface Found {
  /** Passages that were found without the gate. */
  readonly passages: number;
  /** Of them: found with it, but later than allowed. */
  readonly late: number;
  /** Of them: never found with it. */
  readonly missed: number;
  /** The longest delay, ms. */
  readonly longestMs: number;
}

/** Boxes that overlap so much are the same object. */
const LEAST_OVERLAP = 0.3;
/** Objects that are seen less often are a detector's blinking. */
const LEAST_FRAMES = 5;
/** Frames that an object may be away. */
const MOST_AWAY = 12;

/** What is there in each frame: of still ones, what is still there. */
export function presentIn(records: readonly FrameRecord[]): FrameRecord[] {
  return records.map(stillPresent());
}

/** Links the objects of a run from frame to frame, by their overlap. */
export function passagesOf(records: readonly FrameRecord[]): Passage[] {
  const all: { readonly label: string; readonly boxes: Map<number, readonly number[]>; last: readonly number[]; lastFrame: number }[] = [];
  for (const { frame, objects } of records) {
    const open = all.filter(({ lastFrame }) => frame - lastFrame <= MOST_AWAY);
    for (const { label, box } of objects) {
      const known = open.find((one) => one.lastFrame < frame && one.label === label && overlap(one.last, box, false) >= LEAST_OVERLAP);
      if (known) {
        known.boxes.set(frame, box);
        Object.assign(known, { last: box, lastFrame: frame });
      } else all.push({ label, boxes: new Map([[frame, box]]), last: box, lastFrame: frame });
    }
  }
  return all.filter(({ boxes }) => boxes.size >= LEAST_FRAMES);
}

/** Compares two runs over the same frames on known passages. `mostMs`: how much later is not late. */
export function compareRuns(passages: readonly Passage[], plain: readonly FrameRecord[], gated: readonly FrameRecord[], mostMs: number): Found {
  const [before, after] = [byFrame(plain), byFrame(gated)];
  let [found, late, missed, longestMs] = [0, 0, 0, 0];
  for (const passage of passages) {
    const plainMs = foundAt(passage, before);
    if (plainMs === null) continue;
    found += 1;
    const gatedMs = foundAt(passage, after);
    if (gatedMs === null) missed += 1;
    else if (gatedMs - plainMs > mostMs) late += 1;
    longestMs = Math.max(longestMs, gatedMs === null ? 0 : gatedMs - plainMs);
  }
  return { passages: found, late, missed, longestMs };
}

const byFrame = (records: readonly FrameRecord[]): Map<number, FrameRecord> => new Map(presentIn(records).map((record) => [record.frame, record]));

/** Media time of the first frame in which the object is told where it is. */
function foundAt({ label, boxes }: Passage, records: ReadonlyMap<number, FrameRecord>): number | null {
  for (const [frame, box] of boxes) {
    const record = records.get(frame);
    if (record?.objects.some((object) => object.label === label && overlap(object.box, box, false) >= LEAST_OVERLAP)) return record.ptsMs ?? frame;
  }
  return null;
}
