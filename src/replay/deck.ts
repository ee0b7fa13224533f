import type { Clock } from "../core/clock.js";
import type { PlaybackPlace } from "../gateway/index.js";
import type { LogTrouble } from "../log/index.js";
import { timeOfDay, type PlaybackState, type WireRecord } from "../wire/index.js";
import type { Contents } from "./contents.js";
import type { Entry } from "./entries.js";
import { openPace, type Pace } from "./pace.js";
import type { Reel } from "./reel.js";
import { whatIsShown, type Shown } from "./shown.js";

/** Who sees what is played. */
export interface Stage {
  /** How the replay does; after each command, each change, and twice a second. When `jumps` has risen, before what comes next. */
  tell(state: PlaybackState): void;
  /** A record, with its line as it stands in the log. */
  record(record: WireRecord, line: string): void;
  /** A line that turned out to be no record. */
  trouble(trouble: LogTrouble): void;
  /** A gap of the recording was shortened; `at` is the time of day after it. Once for each. */
  leftOut(leftOutMs: number, at: string): void;
  /** The last record was played, and it does not begin again. */
  ended(): void;
}

/** How to play. */
export interface PlaybackOptions {
  readonly speed: PlaybackState["speed"];
  readonly loop: boolean;
  /** null = from the begin. */
  readonly from: PlaybackPlace | null;
  /** Records of other streams are not shown. */
  readonly only?: string | undefined;
}

/** The parts of a replay and what is so now. */
export interface Deck {
  readonly reel: Reel;
  readonly contents: Contents;
  readonly stage: Stage;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly shown: Shown;
  state: PlaybackState["state"];
  loop: boolean;
  /** Playing time of the newest entry that was shown, or of the place that was gone to. */
  reachedMs: number;
  jumps: number;
  /** The gap that was told last stands before the entry of this number. */
  toldGap: number;
}

/** Puts it together; nothing plays yet. */
export function openDeck(reel: Reel, contents: Contents, { speed, loop, only }: PlaybackOptions, stage: Stage, clock: Clock): Deck {
  const shown = whatIsShown({ record: stage.record, trouble: stage.trouble, beginsAnew: () => jump(deck) }, only);
  const deck: Deck = { reel, contents, stage, clock, pace: openPace(speed, clock), shown, state: "playing", loop, reachedMs: 0, jumps: 0, toldGap: -1 };
  return deck;
}

/** How it does now. */
export function stateOf({ state, pace, loop, jumps, shown, reachedMs, contents: { first, last } }: Deck): PlaybackState {
  const positionMs = state === "playing" && pace.speed !== "max" ? pace.nowMs() : reachedMs;
  return {
    state,
    positionMs: Math.round(Math.max(0, Math.min(positionMs, last.playMs))),
    durationMs: last.playMs,
    at: shown.at,
    beginsAt: timeOfDay(first.frame?.capturedMs ?? 0),
    endsAt: timeOfDay(last.frame?.capturedMs ?? 0),
    speed: pace.speed,
    loop,
    jumps,
  };
}

/** What comes next does not follow what came before. */
export function jump(deck: Deck): void {
  deck.jumps += 1;
  deck.shown.forget();
  deck.stage.tell(stateOf(deck));
}

/** Takes the next entry, which was looked at, and shows it. */
export function showNext(deck: Deck, entry: Entry): void {
  deck.reel.take();
  deck.reachedMs = entry.playMs;
  if (entry.leftOutMs > 0 && entry.frame && entry.number > deck.toldGap) {
    deck.toldGap = entry.number;
    deck.stage.leftOut(entry.leftOutMs, timeOfDay(entry.frame.capturedMs));
  }
  deck.shown.show(entry);
}
