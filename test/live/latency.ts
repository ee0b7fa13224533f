import { barsModel } from "../rig/bars-model.js";
import { within } from "../rig/deadline.js";
import { startCamera, type CameraPlan } from "../rig/rtsp-server.js";
import { durationTally } from "./tally.js";
import { watch } from "./watch.js";

/** What is measured. */
export interface LatencyPlan {
  readonly camera: Partial<CameraPlan>;
  readonly frames: number;
  /** Products of matrices that each inference does on the side. */
  readonly loads: number;
  readonly folder: string;
  /** Settings of `source`. */
  readonly source?: object;
}

/** From the moment when a camera hands a picture to its encoder to the publication of its result, ms. */
export interface LatencyReport {
  readonly frames: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly longest: number;
  /** Pictures whose number the camera never sent: read wrongly. */
  readonly unknown: number;
  /** Of those sent meanwhile, how many were not looked at. */
  readonly skipped: number;
}

/** What comes first is the picture that was waiting for us, a decoder that fills and code that is compiled. */
const WARM_UP_FRAMES = 45;
const START_MS = 30_000;
/** The slowest machine that is worth measuring takes so much longer than the camera. */
const PATIENCE = 3;

/** Measures one camera. */
export async function measureLatency({ camera: plan, frames, loads, folder, source = {} }: LatencyPlan): Promise<LatencyReport> {
  await using camera = await startCamera(plan);
  await using stream = await watch(camera.url, { source, live: { silenceTimeoutMs: 10_000 } }, barsModel(folder, loads));
  const tally = durationTally();
  let unknown = 0;
  await within(START_MS, "frames", stream.frame(START_MS, "first frames", () => stream.seen.length >= WARM_UP_FRAMES));
  const before = stream.stats();
  const limitMs = START_MS + (PATIENCE * frames * 1000) / (plan.fps ?? 15);
  await stream.frame(limitMs, `${frames} frames`, ({ number, publishedMs }) => {
    const sentMs = camera.sentAtMs.get(number ?? -1);
    if (sentMs === undefined) unknown += 1;
    else tally.add(publishedMs - sentMs);
    return tally.count + unknown >= frames;
  });
  const { skipped } = stream.stats();
  const sum = (counts: Readonly<Record<string, number>>): number => Object.values(counts).reduce((total, n) => total + n, 0);
  return {
    frames: tally.count, p50: tally.percentile(0.5), p95: tally.percentile(0.95), p99: tally.percentile(0.99), longest: tally.percentile(1),
    unknown, skipped: sum(skipped) - sum(before.skipped),
  };
}
