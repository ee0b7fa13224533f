import { pace, type Pace } from "../order/index.js";
import { toLine, type Filter, type FrameRecord } from "../wire/index.js";
import type { KeptFrame } from "./history.js";
import { textMessage, type TextMessage } from "./message.js";

/** What a filter makes of a frame record. */
type FrameFilter = Pick<Filter, "classes" | "minScore" | "empty" | "maxFps">;

/** The frame records as all subscriptions with the same filter see them: each is made, and serialised, once for all. */
export interface View {
  /** What to send of the newest frame; undefined = nothing. Asked any number of times while it is the newest. */
  live(frame: KeptFrame): TextMessage | undefined;
  /** What to send of frames of the past, in their order. */
  past(frames: readonly KeptFrame[]): TextMessage[];
  /** The record as this view shows it, at whatever rate; undefined when it is empty and those are not wanted. */
  seen(frame: KeptFrame): TextMessage | undefined;
}

/** The views that somebody uses. */
export interface Views {
  /** The view of a filter; to be released as often as it was taken. */
  take(filter: FrameFilter): View;
  release(filter: FrameFilter): void;
  /** A stream is gone. */
  forget(stream: string): void;
  /** How many there are. */
  readonly size: number;
}

/** Filters that do the same have the same key. */
function viewKey({ classes, minScore, empty, maxFps }: FrameFilter): string {
  return JSON.stringify([classes ? [...new Set(classes)].sort() : null, minScore, empty, maxFps ?? null]);
}

/** Makes views; `eventId` names a place in the order of all records. */
export function openViews(eventId: (seq: number) => string): Views {
  const views = new Map<string, { readonly view: View; readonly forget: (stream: string) => void; users: number }>();
  return {
    take(filter) {
      const key = viewKey(filter);
      let entry = views.get(key);
      if (!entry) views.set(key, (entry = { ...openView(filter, eventId), users: 0 }));
      entry.users += 1;
      return entry.view;
    },
    release(filter) {
      const key = viewKey(filter);
      const entry = views.get(key);
      if (!entry) return;
      entry.users -= 1;
      if (entry.users === 0) views.delete(key);
    },
    forget: (stream) => views.forEach(({ forget }) => forget(stream)),
    get size() {
      return views.size;
    },
  };
}

function openView(filter: FrameFilter, eventId: (seq: number) => string): { readonly view: View; readonly forget: (stream: string) => void } {
  const paces = new Map<string, Pace>();
  const made = new WeakMap<KeptFrame, TextMessage | null>();
  let newest: KeptFrame | undefined;
  let ofNewest: TextMessage | undefined;

  const seen = (frame: KeptFrame): TextMessage | undefined => {
    let message = made.get(frame);
    if (message === undefined) made.set(frame, (message = render(frame, filter, eventId)));
    return message ?? undefined;
  };
  const due = (frame: KeptFrame, isDue: Pace): TextMessage | undefined => {
    const message = seen(frame);
    return message && (filter.maxFps === undefined || isDue(Date.parse(recordOf(frame).capturedAt))) ? message : undefined;
  };
  const paceOf = (stream: string): Pace => {
    let isDue = paces.get(stream);
    if (!isDue) paces.set(stream, (isDue = pace(filter.maxFps ?? null)));
    return isDue;
  };
  const view: View = {
    seen,
    live(frame) {
      if (newest !== frame) {
        newest = frame;
        ofNewest = due(frame, paceOf(frame.stream));
      }
      return ofNewest;
    },
    past(frames) {
      const fresh = new Map<string, Pace>();
      return frames.flatMap((frame) => {
        const isDue = fresh.get(frame.stream) ?? pace(filter.maxFps ?? null);
        fresh.set(frame.stream, isDue);
        return due(frame, isDue) ?? [];
      });
    },
  };
  return { view, forget: (stream) => void paces.delete(stream) };
}

/** The record of a kept frame. */
export const recordOf = ({ message }: KeptFrame): FrameRecord => message.record as FrameRecord;

/** The message of a filtered frame; the whole one where the filter takes nothing away; null = not to be sent. */
function render(frame: KeptFrame, filter: FrameFilter, eventId: (seq: number) => string): TextMessage | null {
  const whole = recordOf(frame);
  const record = filtered(whole, filter);
  if (record.objects.length === 0 && !filter.empty) return null;
  return record === whole ? frame.message : textMessage(toLine(record), record, eventId(frame.seq));
}

/** The record with only the objects that pass; the same one when all do. */
export function filtered(record: FrameRecord, { classes, minScore }: Pick<Filter, "classes" | "minScore">): FrameRecord {
  const passes = ({ label, score }: FrameRecord["objects"][number]): boolean => score >= minScore && (classes?.includes(label) ?? true);
  return record.objects.every(passes) ? record : { ...record, objects: record.objects.filter(passes) };
}
