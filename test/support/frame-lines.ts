/** An object of a literal record: class, name, score, box, and what else. */
export type LiteralObject = readonly [classId: number, label: string, score: number, box: readonly [number, number, number, number], more?: Readonly<Record<string, unknown>>];

/** 2026-11-20T10:00:00.000Z: when frame 0 of a literal stream was captured; 40 ms lie between two. */
const START_MS = Date.UTC(2026, 10, 20, 10);

/** A line of a log as the manual has it, without our own code: what is read shall be judged by what is written here. */
export function frameLine(frame: number, objects: readonly LiteralObject[] = [], more: Readonly<Record<string, unknown>> = {}): string {
  const at = new Date(START_MS + frame * 40).toISOString();
  return JSON.stringify({
    v: 1, type: "frame", stream: "gate", epoch: 1, frame, outcome: "detected", ptsMs: frame * 40, capturedAt: at, publishedAt: at, widthPx: 640, heightPx: 360,
    model: "m@0", runtime: "onnxruntime/cpu/f32", timesMs: { order: 0, total: 1 },
    objects: objects.map(([classId, label, score, box, rest]) => ({ classId, label, score, box, ...rest })),
    ...more,
  });
}
