import { PipelineError } from "../core/errors.js";
import type { LogFile } from "../log/index.js";
import { beginOf, openEntries, type Entry, type EntryOptions, type Place } from "./entries.js";

/** What a log holds, and places in it to begin from. */
export interface Contents {
  readonly entries: number;
  /** Names in the order in which they come first, with how many frame records there are and the first one of each. */
  readonly streams: ReadonlyMap<string, { readonly frames: number; readonly first: Entry }>;
  /** The first and the last frame. */
  readonly first: Entry;
  readonly last: Entry;
  /** Long gaps: how many, and how long in all before they were shortened, ms. */
  readonly gaps: { readonly count: number; readonly leftOutMs: number };
  /** The latest kept place from which a record number, a playing time or a time of day is still ahead. */
  before(fits: { readonly number: number } | { readonly playMs: number } | { readonly capturedMs: number }): Place;
}

/** A place is kept for so many records. Beyond MOST_PLACES every second one is forgotten, and half as many are kept from there on. */
const RECORDS_A_PLACE = 1000;
const MOST_PLACES = 4096;
/** How often it is told how far it has come, in records. */
const TELL_RECORDS = 20_000;

interface KeptPlace {
  readonly place: Place;
  readonly playMs: number;
  readonly capturedMs: number;
}

/**
 * Goes through logs once, without looking at more of a record than its time. Memory stays bounded however long they are.
 * @throws PipelineError E_LOG_EMPTY, E_STOPPED
 */
export async function readContents(
  logs: readonly (readonly LogFile[])[],
  options: EntryOptions & { readonly signal: AbortSignal; readonly onProgress?: (records: number) => void },
): Promise<Contents> {
  const entries = openEntries(logs, beginOf(logs), options);
  const streams = new Map<string, { frames: number; readonly first: Entry }>();
  const places = keptPlaces();
  const gaps = { count: 0, leftOutMs: 0 };
  let [first, last, count]: [Entry | undefined, Entry | undefined, number] = [undefined, undefined, 0];
  for (let entry = await entries.peek(); entry; entry = await entries.peek()) {
    if (options.signal.aborted) {
      entries.close();
      throw new PipelineError("E_STOPPED", "stopped while the log was read");
    }
    places.offer(entry, entries.place);
    entries.take();
    count += 1;
    if (count % TELL_RECORDS === 0) options.onProgress?.(count);
    if (entry.leftOutMs > 0) gaps.count += 1;
    gaps.leftOutMs += entry.leftOutMs;
    if (entry.frame === null) continue;
    first ??= entry;
    last = entry;
    const stream = streams.get(entry.frame.stream);
    if (stream) stream.frames += 1;
    else streams.set(entry.frame.stream, { frames: 1, first: entry });
  }
  if (!first || !last) throw new PipelineError("E_LOG_EMPTY", `${logs.flat().map(({ path }) => path).join(", ")}: no frame record is in ${logs.flat().length === 1 ? "it" : "them"}`);
  return { entries: count, streams, first, last, gaps, before: places.before };
}

function keptPlaces() {
  let kept: KeptPlace[] = [];
  let apart = RECORDS_A_PLACE;
  return {
    /** To be told of every entry, in order, while it is the next one. */
    offer({ number, playMs, frame }: Entry, place: () => Place): void {
      if (number % apart !== 0) return;
      kept.push({ place: place(), playMs, capturedMs: frame?.capturedMs ?? kept.at(-1)?.capturedMs ?? -Infinity });
      if (kept.length <= MOST_PLACES) return;
      kept = kept.filter((_, i) => i % 2 === 0);
      apart *= 2;
    },
    before(fits: { readonly number: number } | { readonly playMs: number } | { readonly capturedMs: number }): Place {
      const isAhead = ({ place, playMs, capturedMs }: KeptPlace): boolean => {
        if ("number" in fits) return place.number <= fits.number;
        return "playMs" in fits ? playMs < fits.playMs : capturedMs < fits.capturedMs;
      };
      // By time of day the first stretch that leads there: where the clock was set back there are several.
      const beyond = kept.findIndex((one) => !isAhead(one));
      return kept[Math.max(0, (beyond === -1 ? kept.length : beyond) - 1)]!.place;
    },
  };
}
