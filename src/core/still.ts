import type { OutcomeKind } from "./frame.js";

/** What is asked of a frame's record. */
interface ToldFrame {
  readonly stream: string;
  readonly epoch: number;
  readonly frame: number;
  readonly outcome: OutcomeKind;
  readonly unchangedSince?: number;
  readonly objects: readonly unknown[];
}

/**
 * Gives still frames the objects that are still there. Takes the records of any number of streams, each in order, and keeps one
 * of each. A still frame whose `unchangedSince` did not come by stays as it is, and so does every other record.
 */
export function stillPresent(): <R extends ToldFrame>(record: R) => R {
  const seen = new Map<string, ToldFrame>();
  return (record) => {
    if (record.outcome === "detected") seen.set(record.stream, record);
    if (record.outcome !== "still") return record;
    const last = seen.get(record.stream);
    return last && last.epoch === record.epoch && last.frame === record.unchangedSince ? { ...record, objects: last.objects } : record;
  };
}
