// Workers at any machine, behind a NATS server. Before: nats-server -js, and sightline worker --nats nats://127.0.0.1:4222
import { pipeline, settingsSchema } from "sightline";

const [url = "nats://127.0.0.1:4222"] = process.argv.slice(2);

const frames: number[] = [];
const records = pipeline(settingsSchema.parse({ sources: ["samples/street.mp4"], source: { everyNth: 10 }, inference: { mode: "queue", queue: { url } } }));
for await (const record of records) {
  if (record.type === "frame" && record.outcome === "detected") frames.push(record.frame);
  if (frames.length === 20) break;
}
console.log(`${frames.length} frames, in order: ${frames.every((frame, i) => i === 0 || frame > frames[i - 1]!)}`);
