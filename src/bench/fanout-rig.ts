import { fork } from "node:child_process";
import { setFlagsFromString } from "node:v8";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { pause, systemClock } from "../core/clock.js";
import { detectionBatch } from "../core/detections.js";
import { PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { programUrl } from "../core/programs.js";
import { frameRecord, published, type Published } from "../wire/index.js";
import type { ClientsAnswer, ClientsCommand, Counted } from "./fanout-protocol.js";

/** The clients' process. Disposing ends it. */
export interface Clients extends Disposable {
  /** @throws PipelineError E_BENCH when it could not do so, or is gone: a Ctrl-C at the terminal ends it too */
  tell(command: ClientsCommand): Promise<Counted>;
}

/** Starts it. */
export function startClients(): Clients {
  const child = fork(fileURLToPath(programUrl("bench/fanout-clients")), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  let waiting: ReturnType<typeof deferred<Counted>> | undefined;
  const failed = (why: string): void => waiting?.reject(new PipelineError("E_BENCH", `the clients: ${why}`));
  child.on("message", (answer: ClientsAnswer) => ("error" in answer ? failed(answer.error) : waiting?.resolve(answer.counted)));
  child.on("exit", (code, signal) => failed(`ended with ${signal ?? code}`));
  return {
    tell(command) {
      waiting = deferred<Counted>();
      // Between two commands nobody hears of the end: then it is the sending that fails.
      child.send(command, (error) => error && failed(error.message));
      return waiting.promise;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

/** Side of the grid on which the objects of a made frame stand, px. */
const GRID_PX = 90;
const LABELS = ["person", "bicycle", "car"];

/** Makes frame records with so many objects, as the pipeline does: published now. */
export function frameMaker(objects: number): () => Published {
  let frame = 0;
  const numbers = (of: (i: number) => number, count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => of(i));
  return () => {
    const wallMs = systemClock.wallMs();
    const shift = frame % GRID_PX;
    const detections = detectionBatch(
      numbers((i) => ((i * GRID_PX) % 1800) + shift + i / 7, objects * 4),
      numbers((i) => 0.95 - i / 100, objects),
      Int32Array.from({ length: objects }, (_, i) => i % LABELS.length),
    );
    const header = { stream: "bench", epoch: 1, frame, ptsMs: frame * 33.3, capturedAtMs: wallMs, capturedMonoMs: 0, widthPx: 1920, heightPx: 1080 };
    frame += 1;
    return published(
      frameRecord(
        { kind: "detected", header, detections, times: { queue: 1.2, normalise: 0.5, infer: 17.9, decode: 0.3 } },
        { modelId: "bench@00000000", runtime: "none", labels: LABELS, publishedAtMs: wallMs, orderMs: 0.4, totalMs: 48, skipped: {} },
      ),
    );
  };
}

/** What was published, and how long that took: at least as long as was asked for, longer when the rate is too high. */
export interface Steady {
  readonly count: number;
  readonly tookMs: number;
}

/** Publishes at a steady rate for a while; what the timer was late is caught up. */
export async function publishSteadily(publish: () => void, rate: number, durationMs: number, signal: AbortSignal): Promise<Steady> {
  const startedMs = systemClock.monotonicMs();
  let count = 0;
  let tookMs = durationMs;
  const catchUp = (): void => {
    const due = Math.min((durationMs / 1000) * rate, Math.floor(((systemClock.monotonicMs() - startedMs) / 1000) * rate));
    if (count >= due) return;
    for (; count < due; count += 1) publish();
    tookMs = Math.max(durationMs, systemClock.monotonicMs() - startedMs);
  };
  using _ticking = systemClock.every(1000 / rate, catchUp);
  await pause(durationMs + 1000 / rate, systemClock, signal);
  // The last tick may come later than the end.
  catchUp();
  return { count, tookMs };
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Memory of this process after a collection, bytes: resident, and what JavaScript and its buffers hold. */
export function memoryNow(): { readonly rss: number; readonly held: number } {
  collect();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { rss, held: heapUsed + external };
}
