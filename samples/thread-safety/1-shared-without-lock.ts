// One instance, two callers, no lock: the second call is refused, and the first is not disturbed.
import { ModelInstance, PipelineError } from "sightline";

const PICTURE = "samples/thread-safety/street.jpg";

await using model = await ModelInstance.open();
const calls = await Promise.allSettled([model.detect(PICTURE), model.detect(PICTURE)]);
for (const call of calls) {
  if (call.status === "fulfilled") console.log(`found ${call.value.labels.filter((label) => label === "car").length} cars`);
  else if (call.reason instanceof PipelineError) console.log(`refused: ${call.reason.code}`);
}
