import type { PlaybackCommand, PlaybackPlace } from "../gateway/index.js";
import type { Contents } from "./contents.js";
import { jump, showNext, type Deck } from "./deck.js";
import type { Entry } from "./entries.js";

/** Paused, a seek shows a frame of each stream that has one within so much playing time, ms. */
const TOGETHER_MS = 1000;

/** Does what was asked; what is to be seen then has been shown. Nothing else may touch the deck meanwhile. */
export async function follow(deck: Deck, asked: PlaybackCommand): Promise<void> {
  switch (asked.command) {
    case "play":
      if (deck.state === "ended") await seek(deck, { positionMs: 0 }, undefined);
      deck.pace.set(deck.reachedMs);
      deck.state = "playing";
      return;
    case "pause":
      if (deck.state === "playing") deck.state = "paused";
      return;
    case "seek":
      return seek(deck, asked.to, asked.stream);
    case "step":
      return asked.frames === 1 ? stepOn(deck, asked.stream) : stepBack(deck, asked.stream);
    case "speed":
      // From here on, not from where it was set last.
      deck.pace.set(deck.pace.speed === "max" ? deck.reachedMs : deck.pace.nowMs());
      deck.pace.speed = asked.speed;
      return;
    case "loop":
      deck.loop = asked.loop;
  }
}

/** Goes to the first frame from a place on, or the last one where there is none; it is the next then. */
export async function goTo({ reel, contents }: Pick<Deck, "reel" | "contents">, to: PlaybackPlace): Promise<void> {
  await reel.toFrame(momentOf(to, contents));
  if ((await reel.peek()) === undefined) await reel.toFrame({ number: contents.last.number });
}

function momentOf(to: PlaybackPlace, { last }: Contents): { readonly playMs: number } | { readonly capturedMs: number } {
  if ("at" in to) return { capturedMs: Date.parse(to.at) };
  return { playMs: "share" in to ? to.share * last.playMs : to.positionMs };
}

async function seek(deck: Deck, to: PlaybackPlace, stream: string | undefined): Promise<void> {
  if (deck.state === "ended") deck.state = "playing";
  await goTo(deck, to);
  const first = await deck.reel.peek();
  deck.reachedMs = first?.playMs ?? deck.reachedMs;
  deck.pace.set(deck.reachedMs);
  jump(deck);
  if (deck.state === "playing") return void (await showUntil(deck, () => true));
  const missing = new Set(stream === undefined ? deck.contents.streams.keys() : [stream]);
  const limitMs = stream === undefined ? deck.reachedMs + TOGETHER_MS : Infinity;
  await showUntil(deck, (of) => missing.delete(of) && missing.size === 0, ({ playMs }) => playMs > limitMs);
}

async function stepOn(deck: Deck, stream: string | undefined): Promise<void> {
  deck.state = "paused";
  const isThere = await showUntil(deck, (of) => stream === undefined || of === stream);
  if (!isThere) deck.state = "ended";
}

async function stepBack(deck: Deck, stream: string | undefined): Promise<void> {
  deck.state = "paused";
  const { reel, shown, contents } = deck;
  const number = shown.numberOf(stream) ?? (await reel.peek())?.number ?? contents.entries;
  const before = await reel.frameBefore(number, stream);
  if (!before) return;
  await reel.toFrame({ number: before.number });
  deck.reachedMs = before.playMs;
  jump(deck);
  await showUntil(deck, () => true);
}

/** Shows entries until a frame's stream is enough, or the next one lies too far. Says whether the log went so far. */
async function showUntil(deck: Deck, isEnough: (stream: string) => boolean, isTooFar: (entry: Entry) => boolean = () => false): Promise<boolean> {
  for (let entry = await deck.reel.peek(); entry; entry = await deck.reel.peek()) {
    if (isTooFar(entry)) return true;
    showNext(deck, entry);
    if (entry.frame !== null && isEnough(entry.frame.stream)) return true;
  }
  return false;
}
