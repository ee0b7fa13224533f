// One instance, several callers, one lock: first come, first served. Whoever waits may give up; whoever runs is never ended.
import { locked, ModelInstance, PipelineError } from "sightline";

const PICTURE = "samples/thread-safety/street.jpg";

await using model = await ModelInstance.open();
const shared = locked(model, { maxWaiting: 4 });

async function call(caller: string, options: { signal?: AbortSignal } = {}): Promise<void> {
  try {
    const { count } = await shared.detect(PICTURE, { classes: ["car"], ...options });
    console.log(`${caller} found ${count} cars`);
  } catch (error) {
    console.log(`${caller} ${error instanceof PipelineError ? `was refused: ${error.code}` : "gave up"}`);
  }
}

const patience = new AbortController();
const calls = [call("Ann"), call("Ben"), call("Cem", { signal: patience.signal }), call("Dia")];
patience.abort();
await Promise.all(calls);
