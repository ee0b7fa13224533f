// Two instances made here, meant for two threads: neither can get there.
import { Worker } from "node:worker_threads";
import { ModelInstance } from "sightline";

await using first = await ModelInstance.open();
await using second = await ModelInstance.open();
for (const model of [first, second]) {
  try {
    new Worker("console.log('never started')", { eval: true, workerData: { model } });
  } catch (error) {
    console.log(`refused: ${error instanceof Error ? error.name : String(error)}`);
  }
}
