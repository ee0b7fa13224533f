import type { FrameRecord } from "../wire/index.js";

/** Where a track was in a frame: the middle of its box, source px. */
export interface TrailPoint {
  readonly frame: number;
  readonly x: number;
  readonly y: number;
}

/** The ways of one stream's tracks. Bounded. */
export interface Trails {
  record(record: FrameRecord): void;
  /** The way of a track up to a frame, oldest point first: what came later does not belong to that frame's picture. */
  upTo(trackId: number, frame: number): TrailPoint[];
  reset(): void;
}

const POINTS = 48;
const TRACKS = 128;

/** Remembers the newest points of the newest tracks; another epoch has other tracks. */
export function trails(): Trails {
  const tracks = new Map<number, TrailPoint[]>();
  let epoch = 0;
  return {
    record(record) {
      if (record.epoch !== epoch) tracks.clear();
      epoch = record.epoch;
      for (const { trackId, box } of record.objects) {
        if (trackId === undefined) continue;
        const points = tracks.get(trackId) ?? [];
        // Moved to the end: the first of the map is the one not seen for longest.
        tracks.delete(trackId);
        tracks.set(trackId, points);
        points.push({ frame: record.frame, x: (box[0] + box[2]) / 2, y: (box[1] + box[3]) / 2 });
        if (points.length > POINTS) points.shift();
      }
      while (tracks.size > TRACKS) tracks.delete(tracks.keys().next().value!);
    },
    upTo: (trackId, frame) => (tracks.get(trackId) ?? []).filter((point) => point.frame <= frame),
    reset: () => tracks.clear(),
  };
}
