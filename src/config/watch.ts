import { readFileSync, watch, type FSWatcher } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import type { Clock } from "../core/clock.js";
import { systemCodeOf } from "../core/errors.js";

/** An editor writes in several steps: looked at when it has been done for so long, ms. */
const SETTLE_MS = 250;
/** But at the latest so long after the first step: something else in the folder may never be done, ms. */
const LONGEST_MS = 2000;
/** Writes of our own between two looks: more than a person can ask for in LONGEST_MS. */
const MOST_OURS = 32;

/** A watched settings file. */
export interface SettingsWatch extends Disposable {
  /** We write this text into the file ourselves, in place of `before`: when it is seen there it is no news. */
  expect(text: string, before: string): void;
}

/** Whom the watch tells. */
export interface WatchListener {
  /** The file holds other text than before. Not called for a file that is gone or was only touched. */
  changed(): void;
  /** The file can't be watched, or no longer; the system's reason. Nothing is told after that. */
  lost(reason: string): void;
}

/**
 * Watches a settings file until disposed. Its folder is watched, not the file: editors write another file and rename it,
 * Kubernetes swaps a link beside it, and the watch of a file would stay with the old one.
 */
export function watchSettingsFile(path: string, clock: Clock, listener: WatchListener): SettingsWatch {
  const file = resolve(path);
  const name = basename(file);
  let known = textOf(file);
  // Several, oldest first: the file may be looked at when one stands in it and the next is about to.
  let ours: string[] = [];
  let timer: Disposable | undefined;
  let firstStepMs = 0;
  let isOver = false;

  function look(): void {
    timer = undefined;
    const text = textOf(file);
    // Gone is between two steps of a rename: the next event comes.
    if (isOver || text === undefined || text === known) return;
    known = text;
    const at = ours.indexOf(text);
    ours = at < 0 ? [] : ours.slice(at + 1);
    if (at < 0) listener.changed();
  }

  function lose(cause: unknown): void {
    if (isOver) return;
    close();
    listener.lost(systemCodeOf(cause));
  }

  function close(): void {
    isOver = true;
    timer?.[Symbol.dispose]();
    watcher?.close();
  }

  let watcher: FSWatcher | undefined;
  try {
    watcher = watch(dirname(file), { persistent: false }, (_, changed) => {
      // Records may be written into the same folder, many times a second. `..data` is Kubernetes' link.
      if (changed !== null && changed !== name && !changed.startsWith("..")) return;
      if (timer === undefined) firstStepMs = clock.monotonicMs();
      timer?.[Symbol.dispose]();
      timer = clock.after(Math.min(SETTLE_MS, firstStepMs + LONGEST_MS - clock.monotonicMs()), look);
    });
    watcher.on("error", lose);
  } catch (cause) {
    lose(cause);
  }
  return {
    expect(text, before) {
      // Else somebody's change is in it that we have not told yet.
      if (before === known || ours.includes(before)) ours = [...ours, text].slice(-MOST_OURS);
    },
    [Symbol.dispose]: close,
  };
}

/** Read at once, so that nothing can come in between: it is a few kB, and seldom. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
