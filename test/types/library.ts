import type { Observable } from "rxjs";
import { observe, openSession, openSource, pipeline, settingsSchema, type Detections, type FrameRecord, type ModelInstance, type PlanarFrame, type WireRecord } from "../../src/index.js";

/* What the compiler says of the library's face. Never run: see instance.ts beside. */

/** Records of both forms are the same, and are told apart by their type. */
export async function records(): Promise<FrameRecord | undefined> {
  const running = pipeline({ sources: ["a.mp4"], inference: { mode: "threads", workers: 2 }, detect: { classes: ["car", 3] } });
  const pushed: Observable<WireRecord> = running;
  pushed.subscribe(({ type }) => type);
  for await (const record of running) {
    // @ts-expect-error only frames have objects
    void record.objects;
    if (record.type === "frame") return record;
  }
  return undefined;
}

/** What a misspelt setting would do, nothing, can't be written. */
export function misspelt(): void {
  // @ts-expect-error there is no such mode
  pipeline({ inference: { mode: "thread" } });
  // @ts-expect-error it is called sources
  pipeline({ source: "a.mp4" });
  // @ts-expect-error whole settings are wanted: settingsSchema.parse makes them of some
  observe({ sources: ["a.mp4"] });
  // @ts-expect-error the same
  void openSession({});
  void openSession(settingsSchema.parse({}));
}

/** Frames are read only, and need a size. */
export async function frames(instance: ModelInstance): Promise<Detections | undefined> {
  // @ts-expect-error what size are they to be?
  await openSource("a.mp4", {});
  const source = await openSource("a.mp4", { fit: instance.model });
  for await (const frame of source) {
    // @ts-expect-error a frame keeps its number
    frame.frame = 7;
    const planar: PlanarFrame = frame;
    return instance.detect(planar);
  }
  return undefined;
}
