import type { Freed, Handle, OpenvinoApi } from "./api.js";

/** Holds what OpenVINO has made and gives it back in the opposite order, once. */
export interface Owner extends Disposable {
  own(free: Freed, handle: Handle): Handle;
}

/** Holds nothing yet. */
export function ownerOf(api: OpenvinoApi): Owner {
  const held: (readonly [Freed, Handle])[] = [];
  return {
    own(free, handle) {
      held.push([free, handle]);
      return handle;
    },
    [Symbol.dispose]() {
      for (let last = held.pop(); last !== undefined; last = held.pop()) api.free(...last);
    },
  };
}
