// Each thread makes its own instance and is the only one to call it. This file is both: the main thread's program and theirs.
import { once } from "node:events";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { ModelInstance } from "sightline";

const PICTURE = "samples/thread-safety/street.jpg";

if (isMainThread) {
  const threads = [1, 2].map(() => new Worker(new URL(import.meta.url)));
  const answers = await Promise.all(threads.map((thread) => once(thread, "message") as Promise<[number]>));
  for (const [thread, [cars]] of answers.entries()) console.log(`thread ${thread + 1} found ${cars} cars`);
} else {
  // Closed before the thread ends: a thread that is ended in mid-run takes the whole process with it.
  await using model = await ModelInstance.open();
  const { labels } = await model.detect(PICTURE, { classes: ["car"] });
  parentPort?.postMessage(labels.length);
}
