import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { chance } from "../rig/chance.js";
import { temporaryFolder } from "../sinks/programs.js";
import { assertSurvived, startRecorder } from "./recorder.js";

/** Records a second while it is killed. */
const PER_SECOND = 2000;
/** Killed within so long after its first record, ms: some syncs and rotations. */
const WITHIN_MS = 700;

/** Kills recorders at moments that follow from the seed, while they rotate and pack every few hundred records. @returns acknowledged records in all */
export async function killedAt(seed: number, moments: number, atOnce: number): Promise<number> {
  const random = chance(seed);
  const waits = Array.from({ length: moments }, () => random() * WITHIN_MS);
  let acknowledged = 0;
  const work = async (): Promise<void> => {
    for (let wait = waits.pop(); wait !== undefined; wait = waits.pop()) {
      await using folder = await temporaryFolder();
      const path = folder.file("a.jsonl");
      const options = { rotate: { every: "hour", maxMiB: 0.15 }, pack: "gzip", syncMs: 50 } as const;
      const recorder = startRecorder(path, { perSecond: PER_SECOND, options });
      await Promise.race([recorder.told(/ACK/), recorder.gone]);
      await delay(wait);
      recorder.child.kill("SIGKILL");
      await recorder.gone;
      acknowledged += recorder.acknowledged();
      await assertSurvived(path, recorder.acknowledged(), `seed ${seed}, killed ${wait.toFixed(1)} ms after the first sync`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  assert.ok(acknowledged > moments, `only ${acknowledged} records were ever acknowledged`);
  return acknowledged;
}
