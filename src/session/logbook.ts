import type { Gateway } from "../gateway/index.js";
import { published, RECORD_VERSION, timeOfDay, type LogRecord } from "../wire/index.js";
import type { Notice, World } from "./session.js";

/** More than a session tells before its page is open. */
const MOST_EARLY = 100;

/** Tells notices at the terminal, and as log records to those who look at the feed. */
export interface Logbook {
  readonly notice: World["notice"];
  /** The feed is open: what was told before comes first. */
  opened(gateway: Gateway | null): void;
}

/** Makes it; what is told before there is a feed is kept for it. */
export function openLogbook({ notice, clock }: Pick<World, "notice" | "clock">): Logbook {
  const early: LogRecord[] = [];
  let publish = (record: LogRecord): void => {
    if (early.length < MOST_EARLY) early.push(record);
  };
  return {
    notice(one) {
      notice(one);
      publish(logRecord(one, clock.wallMs()));
    },
    opened(gateway) {
      publish = (record) => gateway?.publish(published(record));
      for (const record of early.splice(0)) publish(record);
    },
  };
}

const logRecord = ({ level, stream, code, message }: Notice, atMs: number): LogRecord => ({
  v: RECORD_VERSION,
  type: "log",
  level,
  ...(stream !== undefined && { stream }),
  ...(code !== undefined && { code }),
  message,
  at: timeOfDay(atMs),
});
