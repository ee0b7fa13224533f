import { chance } from "../rig/chance.js";
import { startCamera, type Camera, type CameraPlan } from "../rig/rtsp-server.js";
import { openWire } from "../rig/wire.js";

/** What a soak runs on. Disposing ends it. */
export interface SoakWorld extends AsyncDisposable {
  readonly sources: readonly string[];
  readonly workers: number;
  /** Products of matrices that each inference does on the side. */
  readonly loads: number;
  /** Settings of `live`. */
  readonly live: object;
  /** Troubles made so far. */
  troubles(): number;
}

/** Some 4 GFLOP: about 50 ms of one core. */
const HEAVY = 16;
const OVERLOAD_STREAMS = 4;
const OVERLOAD_RATE_FPS = 60;
const TROUBLE_EVERY_MS = 4000;
const SEED = 20261124;

/** Streams that bring more than ten times what one thread with a heavy model can take. */
export function overloadedWorld(): SoakWorld {
  const source = `test:bars?size=320x180&rate=${OVERLOAD_RATE_FPS}`;
  return {
    sources: Array.from({ length: OVERLOAD_STREAMS }, () => source),
    workers: 1, loads: HEAVY, live: {}, troubles: () => 0,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/**
 * Three cameras: one that nothing ever happens to, one behind a wire that is cut, frozen, slowed and refused, one that is
 * killed and comes back as another one. Every few seconds some trouble, chosen by a seed.
 */
export async function troubledWorld(): Promise<SoakWorld> {
  const random = chance(SEED);
  const plans: Partial<CameraPlan>[] = [{ widthPx: 320, heightPx: 180 }, { widthPx: 640, heightPx: 480, codec: "mjpeg" }, { widthPx: 256, heightPx: 144, codec: "h265" }];
  const [quiet, wired] = await Promise.all([startCamera(), startCamera({ widthPx: 640, heightPx: 360 })]);
  let moving: Camera = await startCamera(plans[0]);
  const { port } = moving;
  const wire = await openWire(wired.port);
  const steps: (() => unknown)[] = [
    () => wire.cut(),
    () => wire.set({ kind: "freeze" }),
    () => wire.set({ kind: "refuse" }).then(() => wire.cut()),
    () => wire.set({ kind: "slow", bytesPerSecond: 8000 }),
    () => wire.set({ kind: "slice", mostBytes: 200, seed: 1 }),
    async () => {
      await moving.kill();
      moving = await startCamera({ ...plans[Math.floor(random() * plans.length)], port });
    },
  ];
  let troubles = 0;
  let working = Promise.resolve<unknown>(undefined);
  let over = false;
  const timer = setInterval(() => {
    // Every second step is a pause of trouble, in which all has to come back.
    const step = troubles % 2 === 0 ? steps[Math.floor(random() * steps.length)] : () => wire.set({ kind: "pass" });
    troubles += 1;
    working = working.then(() => (over ? undefined : step?.()));
  }, TROUBLE_EVERY_MS);
  return {
    sources: [quiet.url, `rtsp://127.0.0.1:${wire.port}/cam`, moving.url],
    workers: 1, loads: 1, troubles: () => troubles,
    live: { connectTimeoutMs: 2000, firstFrameTimeoutMs: 3000, silenceTimeoutMs: 2000, backoffMaxMs: 1000 },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      over = true;
      await working.catch(() => undefined);
      await Promise.all([quiet, wired, moving, wire].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
