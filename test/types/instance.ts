import { MessageChannel, Worker } from "node:worker_threads";
import { locked, type Detections, type LockedInstance, type ModelInstance } from "../../src/index.js";

/*
 * What the compiler says of model instances. Never run: each line below "@ts-expect-error" has to be refused, or the build
 * fails. (What is posted or given as workerData is `any` in Node's own types: there the clone refuses, at run time.)
 */

/** An instance is none of the things that may be handed over to another thread. */
export function transferred(instance: ModelInstance): void {
  const { port1 } = new MessageChannel();
  // @ts-expect-error an instance can't be transferred
  port1.postMessage(null, [instance]);
  // @ts-expect-error nor when a thread starts
  new Worker("", { transferList: [instance] });
  // @ts-expect-error nor may a locked one
  port1.postMessage(null, [locked(instance)]);
}

/** What a clone or a look-alike would have is not an instance: its private part does not survive. */
export function lookAlike({ model, detect }: ModelInstance): ModelInstance {
  // @ts-expect-error the brand is missing
  return { model, detect, [Symbol.asyncDispose]: () => Promise.resolve() };
}

/** JSON takes the brand away as well. */
export function read(text: ModelInstance): LockedInstance {
  const copy = { ...text };
  // @ts-expect-error a copy of an instance's properties is no instance
  return locked(copy);
}

/** A lock's calls may wait; an instance's never do. */
export async function waits(instance: ModelInstance, shared: LockedInstance, signal: AbortSignal): Promise<Detections> {
  await shared.detect("a.jpg", { timeoutMs: 5, signal });
  // @ts-expect-error there is nothing to wait for
  return instance.detect("a.jpg", { timeoutMs: 5 });
}
