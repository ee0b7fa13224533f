import { watchSettingsFile, type Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import type { Session } from "../session/index.js";
import { coded, errorText } from "./report-error.js";
import type { Terminal } from "./terminal.js";

/** A settings file that may be read again while a session runs. */
export interface Reload {
  readonly file: string;
  /** Reads all settings anew, with the environment and the flags of the start. */
  readonly load: () => Promise<Settings>;
}

/** Reads the settings again when asked, or when the file has changed. */
export interface Reloading extends Disposable {
  /** Asks for it. What comes while it is being done is done once more after. */
  request(): void;
}

/** Begins to watch. Settings that are wrong are told, and those that run stay. */
export function reloading({ file, load }: Reload, session: Session, terminal: Terminal): Reloading {
  let isBusy = false;
  let again = false;

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
    do {
      again = false;
      await reload();
    } while (again);
    isBusy = false;
  }

  function request(): void {
    again = true;
    if (!isBusy) void work();
  }

  const watching = watchSettingsFile(file, systemClock, {
    changed: request,
    lost: (reason) => terminal.say(`sightline: ${terminal.paint.yellow(`${file} can't be watched (${reason}): send SIGHUP after a change`)}`),
  });
  return { request, [Symbol.dispose]: () => watching[Symbol.dispose]() };
}
