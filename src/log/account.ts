import type { FrameRecord, WireRecord } from "../wire/index.js";

/** What a log holds of one stream. */
export interface StreamAccount {
  readonly stream: string;
  /** Records of frames. */
  frames: number;
  /** Frames that were left out, since nothing was seen in them or nothing had changed, as `emptyBefore` and `stillBefore` tell. */
  leftOut: number;
  /** Frames that were not looked at, as `skipped` tells. */
  skipped: number;
  /** Records that are missing and told by a gap. */
  lost: number;
  /** Numbers that are missing and told by nothing. */
  missing: number;
  /** Frames that stand again, or behind a later one. */
  disordered: number;
  /** How often the numbers began anew: a run that did not go on with the log. */
  runs: number;
  readonly firstAt: string;
  lastAt: string;
}

/** Adds records up, in the order of the log. */
export interface LogAccount {
  /** What is wrong with the record's place, in words; null = nothing. */
  take(record: WireRecord): string | null;
  streams(): StreamAccount[];
}

interface Place {
  frame: number;
  epoch: number;
}

/** Makes an empty one. Pure; keeps one entry a stream. */
export function logAccount(): LogAccount {
  const accounts = new Map<string, StreamAccount & { readonly place: Place }>();
  return {
    take(record) {
      if (record.type !== "frame" && record.type !== "gap") return null;
      const { stream, epoch } = record;
      const at = record.type === "frame" ? record.publishedAt : record.at;
      const account = accounts.get(stream) ?? { stream, frames: 0, leftOut: 0, skipped: 0, lost: 0, missing: 0, disordered: 0, runs: 0, firstAt: at, lastAt: at, place: { frame: -1, epoch: 0 } };
      accounts.set(stream, account);
      account.lastAt = at;
      if (record.type === "gap") {
        account.lost += record.records;
        account.place.frame = Math.max(account.place.frame, record.toFrame);
        return null;
      }
      const before = sum(record.skipped) + leftOutBefore(record);
      account.frames += 1;
      account.leftOut += leftOutBefore(record);
      account.skipped += sum(record.skipped);
      return placeOf(account, { frame: record.frame, epoch }, before);
    },
    streams: () => [...accounts.values()].map(({ place: _place, ...account }) => account),
  };
}

const leftOutBefore = ({ emptyBefore = 0, stillBefore = 0 }: FrameRecord): number => emptyBefore + stillBefore;
const sum = (counts: Readonly<Record<string, number>> | undefined): number => Object.values(counts ?? {}).reduce((total, count) => total + count, 0);

/** `before`: numbers that the record itself accounts for. */
function placeOf(account: StreamAccount & { readonly place: Place }, { frame, epoch }: Place, before: number): string | null {
  const last = { ...account.place };
  if (account.runs === 0 || (frame <= last.frame && frame - before <= 0)) {
    account.runs += 1;
    Object.assign(account.place, { frame, epoch });
    return null;
  }
  if (frame <= last.frame || epoch < last.epoch) {
    account.disordered += 1;
    return `frame ${frame} of epoch ${epoch} stands behind frame ${last.frame} of epoch ${last.epoch}`;
  }
  Object.assign(account.place, { frame, epoch });
  const missing = frame - last.frame - 1 - before;
  if (missing <= 0) return null;
  account.missing += missing;
  return `${missing} ${missing === 1 ? "frame is" : "frames are"} missing between ${last.frame} and ${frame}`;
}
