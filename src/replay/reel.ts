import type { LogFile } from "../log/index.js";
import type { Contents } from "./contents.js";
import { beginOf, openEntries, type Entries, type Entry, type EntryOptions, type Place } from "./entries.js";

/** A log that can be gone through from any place. */
export interface Reel extends Disposable, Pick<Entries, "peek" | "take"> {
  toBegin(): void;
  /** The next entry is then the first frame that fits; none when there is no such. */
  toFrame(at: { readonly number: number } | { readonly playMs: number } | { readonly capturedMs: number }): Promise<void>;
  /** The last frame before an entry, of one stream or of any. */
  frameBefore(number: number, stream: string | undefined): Promise<Entry | undefined>;
}

/** Opens it at its begin. */
export function openReel(logs: readonly (readonly LogFile[])[], contents: Contents, options: EntryOptions): Reel {
  let entries = openEntries(logs, beginOf(logs), options);
  const goTo = (place: Place): void => {
    entries.close();
    entries = openEntries(logs, place, options);
  };
  return {
    peek: () => entries.peek(),
    take: () => entries.take(),
    toBegin: () => goTo(beginOf(logs)),
    async toFrame(at) {
      goTo(contents.before(at));
      const fits = ({ number, playMs, frame }: Entry): boolean => {
        if (frame === null) return false;
        if ("number" in at) return number >= at.number;
        return "playMs" in at ? playMs >= at.playMs : frame.capturedMs >= at.capturedMs;
      };
      const mine = entries;
      for (let entry = await mine.peek(); entry && !fits(entry); entry = await mine.peek()) mine.take();
    },
    async frameBefore(number, stream) {
      for (let before = number; before > 0; ) {
        const place = contents.before({ number: before - 1 });
        const found = await lastFrame(openEntries(logs, place, options), before, stream);
        if (found) return found;
        before = place.number;
      }
      return undefined;
    },
    [Symbol.dispose]: () => entries.close(),
  };
}

async function lastFrame(entries: Entries, before: number, stream: string | undefined): Promise<Entry | undefined> {
  let found: Entry | undefined;
  for (let entry = await entries.peek(); entry && entry.number < before; entry = await entries.peek()) {
    if (entry.frame !== null && (stream === undefined || entry.frame.stream === stream)) found = entry;
    entries.take();
  }
  entries.close();
  return found;
}
