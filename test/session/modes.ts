import assert from "node:assert/strict";
import type { FrameRecord } from "../../src/wire/index.js";
import { runToEnd, settings } from "../support/session.js";

/** Every mode, and numbers of workers. The first is what the others are compared with. */
const WAYS = [["threads", 1], ["threads", 2], ["threads", 4], ["shared", 1], ["shared", 2], ["processes", 1], ["processes", 2], ["processes", 4]] as const;

/** What does not depend on when and how fast. */
const facts = ({ timesMs: _, capturedAt: __, publishedAt: ___, ...lasting }: FrameRecord): unknown => lasting;

/** Sends a clip through a whole session in every mode; all records have to be the same. Returns the number of objects. */
export async function assertSameInAllModes(clip: string, model: Record<string, unknown>, ways: readonly (readonly [string, number])[] = WAYS): Promise<number> {
  let first: unknown[] | undefined;
  let objects = 0;
  for (const [mode, workers] of ways) {
    const { records } = await runToEnd(settings({ sources: [clip], model, inference: { mode, workers } }));
    objects = records.reduce((sum, record) => sum + record.objects.length, 0);
    first ??= records.map(facts);
    assert.deepEqual(records.map(facts), first, `mode ${mode} with ${workers} workers`);
  }
  return objects;
}
