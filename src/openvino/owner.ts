import type { Freed, Handle, OpenvinoApi } from "./api.js";

/** Holds what OpenVINO has made and gives it back in the opposite order, once. */
export interface Owner extends Disposable {
  own(free: Freed, handle: Handle): Handle;
  /** Keeps memory of ours that OpenVINO reads where it lies, until all is given back. */
  keep(memory: ArrayBufferView): void;
}

/** Holds nothing yet. */
export function ownerOf(api: OpenvinoApi): Owner {
  const held: (readonly [Freed, Handle])[] = [];
  const kept: ArrayBufferView[] = [];
  return {
    own(free, handle) {
      held.push([free, handle]);
      return handle;
    },
    keep: (memory) => void kept.push(memory),
    [Symbol.dispose]() {
      for (let last = held.pop(); last !== undefined; last = held.pop()) api.free(...last);
      kept.length = 0;
    },
  };
}
