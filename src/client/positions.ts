import { ALL_STREAMS } from "../core/topics.js";
import type { FeedMessage, SubscribeInput } from "../wire/index.js";

/** The last frame of each stream that has come, or that a gap has told of. */
export interface Positions {
  /** Looks at each message in its order. */
  follow(message: FeedMessage): void;
  /** The subscription with `since` filled in, so that it goes on where the last connection ended. */
  resumed(subscription: SubscribeInput): SubscribeInput;
}

/** Makes positions that know nothing yet. */
export function openPositions(): Positions {
  const last = new Map<string, { epoch: number; frame: number }>();
  let instance: string | undefined;

  const reach = (stream: string, epoch: number, frame: number): void => {
    if ((last.get(stream)?.frame ?? -1) < frame) last.set(stream, { epoch, frame });
  };
  return {
    follow(message) {
      if (message.type === "hello" || message.type === "playback") {
        // A server that was started anew counts its frames from 0 again; one that replays has gone to another place.
        if (instance !== message.instance) last.clear();
        instance = message.instance;
      } else if (message.type === "frame") reach(message.stream, message.epoch, message.frame);
      else if (message.type === "gap") reach(message.stream, message.epoch, message.toFrame);
      else if (message.type === "snapshot") {
        for (const { frame } of message.streams) if (frame) reach(frame.stream, frame.epoch, frame.frame);
      }
    },
    resumed(subscription) {
      const { streams = [ALL_STREAMS], topics = ["detections"] } = subscription;
      if (!topics.includes("detections")) return subscription;
      const known = [...last].filter(([stream]) => streams.includes(ALL_STREAMS) || streams.includes(stream));
      const since = { ...subscription.since, ...Object.fromEntries(known) };
      return Object.keys(since).length === 0 ? subscription : { ...subscription, since };
    },
  };
}
