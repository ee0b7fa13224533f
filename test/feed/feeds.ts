import { OPEN_ACCESS, type Access } from "../../src/core/access.js";
import { openFeed, type ClientHandlers, type Feed, type FeedLimits } from "../../src/feed/index.js";
import type { ClientRequestInput, FrameRecord, Published } from "../../src/wire/index.js";
import { frameRecord, published } from "../../src/wire/index.js";
import { detectionBatch } from "../../src/core/detections.js";
import { manualClock, type ManualClock } from "../support/manual-clock.js";
import { CAPTURED_AT_MS, context, header } from "../wire/records.js";
import { testWire, type Sent, type TestWire } from "./wires.js";

/** A feed at a clock that stands still, with clients that read at once unless they are told not to. */
export interface TestFeed {
  readonly feed: Feed;
  readonly clock: ManualClock;
  connect(access?: Access, eager?: boolean): TestClient;
}

/** One client of it. */
export interface TestClient extends ClientHandlers {
  readonly wire: TestWire;
  ask(request: ClientRequestInput | object): void;
  /** What came since the last time this was asked. */
  fresh(): Sent[];
}

/** Opens one with streams gate and yard. */
export function testFeed(limits: Partial<FeedLimits> = {}, streams = ["gate", "yard"]): TestFeed {
  const clock = manualClock(CAPTURED_AT_MS);
  const feed = openFeed({ version: "1.2.3", instance: "ab12", streams, limits }, clock);
  return {
    feed,
    clock,
    connect(access = OPEN_ACCESS, eager = true) {
      const wire = testWire({ eager });
      const handlers = feed.welcome(wire, access);
      let seen = 0;
      return {
        ...handlers,
        wire,
        ask: (request) => handlers.request(JSON.stringify(request)),
        fresh() {
          const all = wire.messages();
          const news = all.slice(seen);
          seen = all.length;
          return news;
        },
      };
    },
  };
}

/** A record of a frame captured at 25 fps, with an object of each given class and score. Labels: person, bicycle, car. */
export function seen(frame: number, objects: readonly (readonly [classId: number, score: number])[] = [[2, 0.9]], stream = "gate", epoch = 1): Published {
  const detections = detectionBatch(
    Float32Array.from(objects.flatMap(() => [1, 2, 3, 4])),
    Float32Array.from(objects, ([, score]) => score),
    Int32Array.from(objects, ([classId]) => classId),
  );
  const at = header(frame, { stream, epoch, capturedAtMs: CAPTURED_AT_MS + frame * 40 });
  return published(frameRecord({ kind: "detected", header: at, detections, times: { queue: 0, normalise: 0, infer: 0, decode: 0 } }, context));
}

/** Labels and scores of a frame's objects. */
export const objectsOf = (message: Sent | FrameRecord): string[] =>
  (message as FrameRecord).objects.map(({ label, score }) => `${label} ${score}`);
