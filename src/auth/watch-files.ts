import { stat } from "node:fs/promises";
import type { Clock } from "../core/clock.js";

/** How often files are looked at, ms. */
const LOOK_MS = 1000;

/**
 * Calls back when one of the files is another than before, until disposed. Looks from time to time instead of asking the
 * system to tell: that is the same for a file that is replaced, mounted over a network, or a link that Kubernetes turns. Does not look again
 * before `changed` has settled: what a slow disk gives of an older file must not come in after a newer one.
 */
export function watchFiles(paths: readonly string[], clock: Clock, changed: () => Promise<void>): Disposable {
  let known: string | undefined;
  let isLooking = false;
  let isOver = false;
  const look = async (): Promise<void> => {
    isLooking = true;
    const now = (await Promise.all(paths.map(markOf))).join("|");
    const isNew = known !== undefined && now !== known;
    known = now;
    if (isNew && !isOver) await changed();
    isLooking = false;
  };
  void look();
  const looking = clock.every(LOOK_MS, () => {
    if (!isLooking) void look();
  });
  return {
    [Symbol.dispose]() {
      isOver = true;
      looking[Symbol.dispose]();
    },
  };
}

/** Nanoseconds: a file may be written twice within one tick of the coarser clock, with as many bytes. */
async function markOf(path: string): Promise<string> {
  const found = await stat(path, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs} ${found.ctimeNs}` : "";
}
