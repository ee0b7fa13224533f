import { systemClock } from "../core/clock.js";
import { makeDecoder, makeFitter, type Decoder, type Fitter, type ModelInfo } from "../model/index.js";
import type { WorkerAnswer, WorkerTask } from "./messages.js";
import { openRuntimeSession } from "./runtimes/open.js";
import type { LiveDevice } from "./runtimes/live.js";
import { runOnce, type RuntimeChoice, type RuntimeSession } from "./runtimes/session.js";

/** What has to be known of a frame, wherever its pixels are. */
export type FrameTask = Pick<WorkerTask, "letterbox" | "rows" | "pixels" | "limits">;

/** A loaded model that has run once. For the thread that made it, and one caller at a time (see instance.ts). */
export interface Serving extends AsyncDisposable {
  /**
   * One frame. `read` fills the input by handing the frame's bytes to `fill`, which fits them first where the task says that
   * they are the source's; what it throws is thrown.
   * @throws PipelineError E_MODEL_OUTPUT; the runtime's own errors, which are for the caller to name
   */
  serve(task: FrameTask, read: (fill: (pixels: Uint8Array) => void) => void): Promise<WorkerAnswer>;
  /** What runs it. */
  readonly live: LiveDevice;
  /** Lets go of the decoders it keeps. */
  forget(): void;
}

/** Decoders kept at once: more limits than that are in use only where somebody changes them all the time. */
const MOST_DECODERS = 64;

/**
 * Loads the model in the calling thread and warms it up.
 * @throws PipelineError E_MODEL_INVALID, E_MODEL_DEVICE, E_MODEL_INPUTS, E_MODEL_RUNTIME, E_MODEL_PRECISION, E_RUNTIME_*, E_TELEMETRY
 */
export async function openServing(model: ModelInfo, intraOpThreads: number, choice: RuntimeChoice): Promise<Serving> {
  const session = await runOnce(await openRuntimeSession({ ...model, ...choice, intraOpThreads }));
  const decoders = new Map<string, Decoder>();
  const fitter = makeFitter(model);

  function decoderFor({ limits }: FrameTask): Decoder {
    let decoder = decoders.get(limits.key);
    if (decoder === undefined && decoders.size >= MOST_DECODERS) decoders.clear();
    if (decoder === undefined) decoders.set(limits.key, (decoder = makeDecoder(model, limits)));
    return decoder;
  }

  return {
    live: session.live,
    serve: (task, read) => serveOn(session, fitter, task, read, decoderFor),
    forget: () => decoders.clear(),
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

async function serveOn(session: RuntimeSession, fitter: Fitter, task: FrameTask, read: (fill: (pixels: Uint8Array) => void) => void, decoderFor: (task: FrameTask) => Decoder): Promise<WorkerAnswer> {
  const begin = systemClock.monotonicMs();
  read((pixels) => session.fill(task.pixels === "source" ? fitter.fit(pixels, task.letterbox) : pixels, task.rows));
  const filled = systemClock.monotonicMs();
  return session.run((outputs) => {
    const ran = systemClock.monotonicMs();
    const detections = decoderFor(task).decode(outputs, task.letterbox);
    const decodeMs = systemClock.monotonicMs() - ran;
    return { ok: true, detections, normaliseMs: filled - begin, inferMs: ran - filled, decodeMs };
  }, { widthPx: task.letterbox.sourceWidthPx, heightPx: task.letterbox.sourceHeightPx });
}
