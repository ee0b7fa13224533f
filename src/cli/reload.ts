import { readFile } from "node:fs/promises";
import { watchSettingsFile, type Settings, type WatchListener } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import type { Session } from "../session/index.js";
import { coded, errorText } from "./report-error.js";
import type { Terminal } from "./terminal.js";

/** A settings file that may be read again while a session runs. Watched from the start on, so that no change is missed. */
export interface Reload extends Disposable {
  readonly file: string;
  /** We write this text into the file ourselves, in place of `before`: it is no reason to read it again. */
  expect(text: string, before: string): void;
  /** Reads all settings anew, with the environment and the flags of the start. */
  readonly load: () => Promise<Settings>;
  /** Tells of changes from now on, and at once of one that came before. */
  listen(listener: WatchListener): void;
}

/** Begins to watch a settings file; to be called before it is read for the first time. */
export function watchForReload(file: string, load: () => Promise<Settings>): Reload {
  let listener: WatchListener | undefined;
  let before: ((later: WatchListener) => void) | undefined;
  const tell = (what: (to: WatchListener) => void): void => (listener === undefined ? void (before = what) : what(listener));
  const watching = watchSettingsFile(file, systemClock, { changed: () => tell((to) => to.changed()), lost: (reason) => tell((to) => to.lost(reason)) });
  return {
    file,
    load,
    expect: (text, before) => watching.expect(text, before),
    listen(to) {
      listener = to;
      before?.(to);
    },
    [Symbol.dispose]: () => watching[Symbol.dispose](),
  };
}

/**
 * Reads the settings again when asked, and when the file changes. What comes while that is being done is done once more
 * after. Who asks is always answered; a change that was read already, since somebody asked just after it, is not told again.
 */
export function reloading({ file, load, listen }: Reload, session: Session, terminal: Terminal): () => void {
  let isBusy = false;
  let pending: "changed" | "asked" | undefined;
  let known: string | undefined;

  async function reload(): Promise<void> {
    try {
      await session.apply(await load());
    } catch (thrown) {
      terminal.say(errorText(coded(thrown), terminal.paint));
      terminal.say(`sightline: ${terminal.paint.yellow(`${file} was read again and is wrong: the streams go on with the settings they have`)}`);
    }
  }

  async function work(): Promise<void> {
    isBusy = true;
    while (pending !== undefined) {
      const isAsked = pending === "asked";
      pending = undefined;
      // Before it is loaded: a change between the two is then read once too often, not once too seldom.
      const text = await readFile(file, "utf8").catch(() => undefined);
      if (!isAsked && text !== undefined && text === known) continue;
      known = text;
      await reload();
    }
    isBusy = false;
  }

  function request(why: "changed" | "asked"): void {
    if (pending !== "asked") pending = why;
    if (!isBusy) void work();
  }

  listen({
    changed: () => request("changed"),
    lost: (reason) => terminal.say(`sightline: ${terminal.paint.yellow(`${file} can't be watched (${reason}): send SIGHUP after a change`)}`),
  });
  return () => request("asked");
}
