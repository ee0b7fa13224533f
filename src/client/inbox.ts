import type { Clock } from "../core/clock.js";
import { lostFramesTally } from "../core/lost-frames.js";
import { lostOthersTally } from "../core/lost-others.js";
import type { FeedMessage, GapRecord } from "../wire/index.js";

/** What may wait for one iteration; beyond it the oldest is lost. Length in characters of the messages as they came. */
export interface InboxLimits {
  readonly messages: number;
  readonly characters: number;
}

/** A minute of a camera at 15 fps, and what a browser tab can spare. */
const DEFAULT_INBOX_LIMITS: InboxLimits = { messages: 1000, characters: 8 * 1024 * 1024 };

/** Messages on their way to one iteration. */
export interface Inbox extends AsyncIterator<FeedMessage, undefined> {
  /** `characters`: its length as it came. */
  push(message: FeedMessage, characters: number): void;
  /** Nothing more comes: what waits is still given. */
  end(): void;
  next(): Promise<IteratorResult<FeedMessage, undefined>>;
  return(): Promise<IteratorResult<FeedMessage, undefined>>;
}

interface Waiting {
  readonly message: FeedMessage;
  readonly characters: number;
}

const OVER = { done: true, value: undefined } as const;

/** Makes an inbox; `closed` is called when the iteration is given up. */
export function openInbox(clock: Clock, closed: (inbox: Inbox) => void, limits = DEFAULT_INBOX_LIMITS): Inbox {
  const waiting: Waiting[] = [];
  const asked: ((result: IteratorResult<FeedMessage, undefined>) => void)[] = [];
  const lost = lostFramesTally();
  const others = lostOthersTally();
  let characters = 0;
  let isOver = false;

  const take = (): Waiting | undefined => {
    const first = waiting.shift();
    characters -= first?.characters ?? 0;
    return first;
  };
  /** The oldest message, or what is missing before it. */
  const nextMessage = (): FeedMessage | undefined => {
    const [first] = waiting;
    const missed = first && others.take();
    if (missed) return { type: "missed", lost: missed };
    const gap = first && gapBefore(first.message);
    return gap ?? take()?.message;
  };
  const gapBefore = (message: FeedMessage): GapRecord | undefined => {
    const frames = "stream" in message && message.stream !== undefined ? lost.take(message.stream) : undefined;
    return frames && { v: 1, type: "gap", stream: (message as { stream: string }).stream, ...frames, cause: "subscriber_slow", at: new Date(clock.wallMs()).toISOString() };
  };
  const lose = ({ message }: Waiting): void => {
    if (message.type === "frame") lost.lose(message.stream, { epoch: message.epoch, fromFrame: message.frame, toFrame: message.frame, records: 1 });
    else if (message.type === "gap") {
      const { epoch, fromFrame, toFrame, records } = message;
      lost.lose(message.stream, { epoch, fromFrame, toFrame, records });
    } else if (message.type === "missed") others.add(message.lost);
    else others.lose(message.type);
  };
  const inbox: Inbox = {
    push(message, length) {
      const reader = asked.shift();
      if (reader) return reader({ done: false, value: message });
      waiting.push({ message, characters: length });
      characters += length;
      // The newest is never lost, however long it is: else nobody would be told of the gap.
      while (waiting.length > 1 && (waiting.length > limits.messages || characters > limits.characters)) lose(take()!);
    },
    end() {
      isOver = true;
      for (const reader of asked.splice(0)) reader(OVER);
    },
    next() {
      const value = nextMessage();
      if (value) return Promise.resolve({ done: false, value });
      return isOver ? Promise.resolve(OVER) : new Promise((resolve) => asked.push(resolve));
    },
    return() {
      waiting.length = characters = 0;
      inbox.end();
      closed(inbox);
      return Promise.resolve(OVER);
    },
  };
  return inbox;
}
