import { Worker } from "node:worker_threads";
import { asPipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { programUrl } from "../core/programs.js";
import { singleCaller } from "./instance.js";
import { jitterWait } from "./jitter.js";
import { SLOTS_FD, type ProcessSetup, type ProcessTask, type ProcessWord, type WorkerAnswer } from "./messages.js";
import { openServing, type Serving } from "./serving.js";
import { readFileSlot } from "./slot-file.js";
import { inTurn } from "./turns.js";

/*
 * The entry of a model process. Its instance is made here and called by this thread alone. Order: hold the leash, take the
 * setup, load, warm up once, say so, then serve one task after the other. It is ended by SIGKILL, by its parent or its
 * leash: there is nothing to save.
 */

// Ctrl-C and the end of a terminal reach every process of the group; what is to end, and when, the parent decides.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);
new Worker(programUrl("pool/process-leash"));

const say = (word: ProcessWord): void => void process.send?.(word);

const setup = deferred<ProcessSetup>();
/** Serves one frame; settles with its answer and never rejects. Tasks that come early wait for it. */
const serving = setup.promise.then(open);
process.on("message", (message: ProcessSetup | ProcessTask) => {
  if (!("id" in message)) return setup.resolve(message);
  void serving.then((serve) => serve?.(message)).then((answer) => answer && say({ id: message.id, answer }));
});

async function open({ model, choice, jitterMs, slotBytes }: ProcessSetup): Promise<((task: ProcessTask) => Promise<WorkerAnswer>) | undefined> {
  process.title = `sightline model ${model.id}`;
  try {
    const instance = await openServing(model, 1, choice);
    // Grows with the largest picture that comes at its own size.
    let pixels = new Uint8Array(slotBytes);
    const room = (bytes: number): Uint8Array => (pixels = pixels.length < bytes ? new Uint8Array(bytes) : pixels).subarray(0, bytes);
    const jitter = jitterWait(jitterMs, process.pid);
    const one = inTurn(singleCaller((task: ProcessTask) => serveOne(instance, task, room, jitter)));
    say({ ready: instance.live });
    return (task) => one.run(task).catch((error: unknown) => ({ ok: false, error: asPipelineError(error, "E_INFERENCE_FAILED").toWire() }));
  } catch (error) {
    say({ ready: asPipelineError(error, "E_POOL_START").toWire() });
    return undefined;
  }
}

function serveOne(instance: Serving, task: ProcessTask, room: (bytes: number) => Uint8Array, jitter: () => void): Promise<WorkerAnswer> {
  return instance.serve(task, (fill) => {
    const pixels = room(task.bytes);
    readFileSlot(SLOTS_FD, task.at, pixels);
    fill(pixels);
    jitter();
  });
}
