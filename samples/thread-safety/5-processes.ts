// Two child processes, an instance in each: one that crashes or hangs is replaced, and this program lives on.
import { pipeline } from "sightline";

const frames: number[] = [];
const records = pipeline({ sources: ["samples/street.mp4"], source: { everyNth: 10 }, inference: { mode: "processes", workers: 2 } });
for await (const record of records) {
  if (record.type === "frame" && record.outcome === "detected") frames.push(record.frame);
  if (frames.length === 20) break;
}
console.log(`${frames.length} frames, in order: ${frames.every((frame, i) => i === 0 || frame > frames[i - 1]!)}`);
