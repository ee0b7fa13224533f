import type { KeptPair } from "./history.js";
import type { Store } from "./store.js";
import type { StreamModel } from "./stream-model.js";

/** Going back and forth in the pairs that were kept. */
export interface Stepping {
  /** How far back the shown pair is; 0 = the newest before the pause. */
  readonly back: number;
  /** Goes so many pairs on; negative = back. Pauses first. Settles when the pair is shown. */
  step(by: number): Promise<void>;
  /** Shows live pictures again. */
  resume(): void;
}

/** Makes it for one stream. `changed` is told when the page was paused, and when another pair is shown. */
export function stepping(model: StreamModel, store: Store, changed: () => void): Stepping {
  let back = 0;
  let asked = 0;
  const show = async ({ record, ...picture }: KeptPair): Promise<void> => {
    const mine = (asked += 1);
    const bitmap = await createImageBitmap(new Blob([picture.jpeg], { type: "image/jpeg" }));
    // Somebody steps faster than pictures can be decoded, or has gone on.
    if (mine !== asked || !store.paused) return bitmap.close();
    model.show({ picture: { ...picture, image: { bitmap, jpeg: picture.jpeg } }, record });
    changed();
  };
  return {
    get back() {
      return back;
    },
    async step(by) {
      if (!store.paused) {
        store.paused = true;
        changed();
      }
      const next = Math.min(model.history.length - 1, Math.max(0, back - by));
      const kept = model.history.at(next);
      if (!kept || next === back) return;
      back = next;
      await show(kept);
    },
    resume() {
      asked += 1;
      back = 0;
      store.paused = false;
      changed();
    },
  };
}
