import { filePerStream, type StreamText } from "./per-stream.js";
import type { ExportFormat, ExportFrame } from "./writer.js";

/** How long the last cue of a stream lasts that has only one, ms: a frame at 25 a second. */
const LONE_FRAME_MS = 40;

/**
 * WebVTT for a player's metadata track, a file for each stream: a cue for each frame with objects, or for a run of frames
 * whose objects are the same, with the objects as JSON. Times are the media's own; where those begin anew, as after a
 * camera was lost, the time of day goes on for them.
 */
export const webvtt: ExportFormat = {
  kind: "folder",
  hasBoxesOnly: true,
  takesStill: true,
  isOurs: (name) => name.endsWith(".vtt"),
  open: (folder) => Promise.resolve(filePerStream(folder, ".vtt", cues)),
};

/** A cue whose end is not known yet. */
interface OpenCue {
  readonly fromMs: number;
  readonly payload: string;
}

function cues(): StreamText {
  const timeOf = mediaTime();
  let open: OpenCue | undefined;
  let lastMs: number | undefined;
  let intervalMs = LONE_FRAME_MS;

  function close(atMs: number): string {
    const { fromMs, payload } = open!;
    open = undefined;
    return `${stamp(fromMs)} --> ${stamp(Math.max(atMs, fromMs + 1))}\n${payload}\n\n`;
  }

  return {
    head: "WEBVTT\n\n",
    frame(frame) {
      const atMs = timeOf(frame);
      const payload = frame.objects.length === 0 ? null : payloadOf(frame);
      const wasEmptyBetween = (frame.record.emptyBefore ?? 0) > 0;
      const endMs = wasEmptyBetween && lastMs !== undefined ? Math.min(lastMs + intervalMs, atMs) : atMs;
      if (lastMs !== undefined && atMs > lastMs && !wasEmptyBetween) intervalMs = atMs - lastMs;
      lastMs = atMs;
      if (open && open.payload === payload && !wasEmptyBetween) return "";
      const closed = open ? close(endMs) : "";
      if (payload !== null) open = { fromMs: atMs, payload };
      return closed;
    },
    tail: () => (open ? close(lastMs! + intervalMs) : ""),
  };
}

/** A cue's text may not hold `-->`. */
function payloadOf({ record, objects }: ExportFrame): string {
  const shown = objects.map(({ label, classId, score, box, trackId }) => ({ label, classId, score, box, ...(trackId !== undefined && { trackId }) }));
  return JSON.stringify({ widthPx: record.widthPx, heightPx: record.heightPx, objects: shown }).replaceAll(">", "\\u003e");
}

/** A stream's media time in ms that never goes back: a later connection's may begin at 0 again. */
function mediaTime(): (frame: ExportFrame) => number {
  let shiftMs = 0;
  let lastMs = 0;
  let before: { readonly atMs: number; readonly epoch: number } | undefined;
  return ({ record }) => {
    const capturedMs = Date.parse(record.capturedAt);
    before ??= { atMs: capturedMs - (record.ptsMs ?? 0), epoch: record.epoch };
    const ownMs = record.ptsMs ?? capturedMs - before.atMs;
    if (record.epoch !== before.epoch && ownMs + shiftMs < lastMs) shiftMs = capturedMs - before.atMs - ownMs;
    before = { atMs: before.atMs, epoch: record.epoch };
    lastMs = Math.max(lastMs, ownMs + shiftMs, 0);
    return lastMs;
  };
}

/** `hh:mm:ss.ttt` */
function stamp(ms: number): string {
  const whole = Math.round(ms);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(whole / 3_600_000))}:${two(Math.floor(whole / 60_000) % 60)}:${two(Math.floor(whole / 1000) % 60)}.${String(whole % 1000).padStart(3, "0")}`;
}
