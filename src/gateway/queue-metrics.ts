import { Counter, Gauge, type Registry } from "prom-client";
import type { QueueFigures } from "../core/queue-figures.js";
import type { ModelFigures } from "./control.js";

const COUNTED = [
  ["published", "sightline_queue_published_frames_total", "Frames that the broker has taken, those that it was given again included."],
  ["republished", "sightline_queue_republished_frames_total", "Frames that the broker was given again after a connection was lost."],
  ["redelivered", "sightline_queue_redelivered_frames_total", "Times that a frame was handed out once more because a worker was lost with it."],
  ["unasked", "sightline_queue_unasked_answers_total", "Answers to frames that were over: most are second ones."],
  ["expired", "sightline_queue_expired_frames_total", "Frames whose answer did not come in time."],
  ["parts", "sightline_queue_parts_total", "Parts of frames that workers have asked for."],
  ["refused", "sightline_queue_refused_messages_total", "Messages that were not understood."],
  ["fullWaits", "sightline_queue_full_waits_total", "Times that the broker had no room, and a frame waited."],
  ["connections", "sightline_queue_connections_total", "Connections to the broker: 1, and one more for each that was lost."],
] as const satisfies readonly (readonly [keyof QueueFigures, string, string])[];

/** The figures of mode queue, for each model; nothing in other modes. Returns what sets them anew. */
export function queueFigures(registry: Registry): (models: readonly ModelFigures[]) => void {
  const registers = [registry];
  const counters = COUNTED.map(([key, name, help]) => ({ key, counter: new Counter({ name, help, labelNames: ["model"], registers }) }));
  const workers = new Gauge({ name: "sightline_queue_workers", help: "Workers that are there and run the model.", labelNames: ["model"], registers });
  return (models) => {
    workers.reset();
    for (const { counter } of counters) counter.reset();
    for (const { id: model, queue } of models) {
      if (queue === undefined) continue;
      workers.set({ model }, queue.workers);
      for (const { key, counter } of counters) counter.inc({ model }, queue[key]);
    }
  };
}
