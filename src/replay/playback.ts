import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import type { PlaybackControl } from "../gateway/index.js";
import { follow, goTo } from "./commands.js";
import type { Contents } from "./contents.js";
import { jump, openDeck, showNext, stateOf, type Deck, type PlaybackOptions, type Stage } from "./deck.js";
import type { Reel } from "./reel.js";

/** A replay. */
export interface Playback extends PlaybackControl, Disposable {
  /** Begins to play. Settles when it does. */
  start(): Promise<void>;
  /** Records shown so far; one that was shown twice counts twice. */
  readonly shown: number;
}

/** How often it is told how it does, ms. */
const TELL_MS = 500;
/** A round takes at least so long: a log of one frame would else be played as fast as the machine can, ms. */
const LEAST_ROUND_MS = 40;

/** Whose turn it is. */
interface Turns {
  /** A command is being followed: playing waits. */
  isBusy: boolean;
  isOver: boolean;
  /** How many commands were followed: what playing has looked at before is out of date. */
  commands: number;
  /** Ends the wait of who plays: there is something new to look at. */
  wake: () => void;
}

/** Plays what a reel holds, at the pace of the recording and as it is told. The reel is its own from here on. */
export function openPlayback(reel: Reel, contents: Contents, options: PlaybackOptions, stage: Stage, clock: Clock): Playback {
  const deck = openDeck(reel, contents, options, stage, clock);
  const turns: Turns = { isBusy: true, isOver: false, commands: 0, wake: () => undefined };
  let queue = Promise.resolve();
  const exclusively = (work: () => Promise<void>): Promise<void> => {
    const done = queue.then(async () => {
      if (turns.isOver) throw new PipelineError("E_STOPPED", "the replay is over");
      turns.isBusy = true;
      try {
        await work();
      } finally {
        turns.isBusy = false;
        turns.commands += 1;
        stage.tell(stateOf(deck));
        turns.wake();
      }
    });
    queue = done.catch(() => undefined);
    return done;
  };
  const telling = clock.every(TELL_MS, () => deck.state === "playing" && !turns.isBusy && stage.tell(stateOf(deck)));
  return {
    state: () => stateOf(deck),
    command: (asked) => exclusively(() => follow(deck, asked)),
    get shown() {
      return deck.shown.count;
    },
    async start() {
      await exclusively(async () => {
        if (options.from) await goTo(deck, options.from);
        deck.reachedMs = (await reel.peek())?.playMs ?? 0;
        deck.pace.set(deck.reachedMs);
      });
      void play(deck, turns);
    },
    [Symbol.dispose]() {
      turns.isOver = true;
      telling[Symbol.dispose]();
      reel[Symbol.dispose]();
      turns.wake();
    },
  };
}

async function play(deck: Deck, turns: Turns): Promise<void> {
  while (!turns.isOver) await turn(deck, turns);
}

/** Waits, or shows the next entry when it is due. */
async function turn(deck: Deck, turns: Turns): Promise<void> {
  const { commands } = turns;
  if (turns.isBusy || deck.state !== "playing") return wait(turns);
  const entry = await deck.reel.peek();
  const isOutOfDate = (): boolean => turns.isBusy || turns.isOver || turns.commands !== commands;
  if (isOutOfDate()) return;
  if (entry) {
    const waitMs = deck.pace.untilMs(entry.playMs);
    if (waitMs > 0) return wait(turns, waitMs, deck.clock);
    return showNext(deck, entry);
  }
  if (!deck.loop) {
    deck.state = "ended";
    deck.stage.tell(stateOf(deck));
    return deck.stage.ended();
  }
  await wait(turns, LEAST_ROUND_MS, deck.clock);
  if (isOutOfDate()) return;
  deck.reel.toBegin();
  deck.reachedMs = 0;
  deck.pace.set(0);
  jump(deck);
}

/** Settles when it is woken, or after a while. */
async function wait(turns: Turns, durationMs?: number, clock?: Clock): Promise<void> {
  const { promise, resolve } = deferred();
  turns.wake = resolve;
  using _timer = durationMs === undefined ? null : clock?.after(durationMs, resolve);
  await promise;
}
