import type { Clock } from "../core/clock.js";
import type { DetectionBatch } from "../core/detections.js";
import type { RuntimeWish } from "../core/devices.js";
import { asPipelineError, PipelineError, type ErrorCode } from "../core/errors.js";
import { placePicture, rowsOf, type DetectLimits, type Letterbox, type ModelInfo } from "../model/index.js";
import { readStill } from "../picture/index.js";
import { makeTurns, openPool, runtimeOf, taskLimits, type InferenceMode, type InferencePool, type PoolAnswer, type PoolNotice } from "../pool/index.js";
import { createRing, type FrameRing, type SlotLease } from "../ring/index.js";
import { readWhole } from "../source/index.js";
import { unlessStuck } from "./unless-stuck.js";

/** Which model looks at pictures, where it runs, and what of its findings is wanted. */
export interface StillsOptions extends RuntimeWish {
  readonly model: ModelInfo;
  readonly limits: DetectLimits;
  readonly mode: InferenceMode;
  readonly workers: number;
  /** Told what the device that was wanted lacks, when another is taken. */
  readonly tell?: (notice: PoolNotice) => void;
  readonly frameTimeoutMs: number;
  readonly hangLimitMs: number;
  /** A picture with more is refused before any of them is decoded. */
  readonly mostPixels: number;
  /** exact = the workers bring it to the model's input to the letter as the models' own code; else sharp does, while it decodes. */
  readonly preprocess: "ffmpeg" | "exact";
}

/** What was found in a picture. */
export interface SeenStill {
  /** Size of the picture as it is shown (EXIF turn applied), px. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly detections: DetectionBatch;
  /** Durations of each step, ms. */
  readonly timesMs: { readonly read: number; readonly normalise: number; readonly infer: number; readonly decode: number };
}

/** A pool that looks at still pictures. Disposing waits for those under way. */
export interface Stills extends AsyncDisposable {
  /** So many calls side by side keep all workers busy; more only wait. */
  readonly atOnce: number;
  /** What runs the model: library/device/precision. */
  readonly runtime: string;
  /**
   * Looks at the picture in a file. May be called while others are under way.
   * @throws PipelineError E_PICTURE, E_PICTURE_PIXELS, E_INFERENCE_FAILED, E_FRAME_LATE, E_MODEL_OUTPUT, E_WORKER_EXITED; E_POOL_STUCK, E_WORKER_START or
   * E_INTERNAL when nothing works any more: then every call gets it
   */
  see(path: string): Promise<SeenStill>;
}

/** Tasks a thread may have at once: one it runs, one sent ahead. */
const DEPTH = 2;
/** Pictures that are being decoded or drawn on while the threads have their tasks; sharp has four threads of its own. */
const AHEAD = 4;
/** What is no fault of a picture: no other will be looked at either. */
const ENDS_ALL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["E_POOL_STUCK", "E_WORKER_START", "E_INTERNAL"]);
/** The pool's only customer. */
const STREAM = 1;

/**
 * Opens the model in so many threads.
 * @throws PipelineError E_POOL_START, E_MODEL_INVALID, E_MODEL_DEVICE
 */
export async function openStills(options: StillsOptions, clock: Clock): Promise<Stills> {
  const { model, workers } = options;
  const atOnce = workers * DEPTH + AHEAD;
  const ring = createRing({ slots: atOnce, slotBytes: 3 * model.inputWidthPx * model.inputHeightPx });
  const pool = await openPool({ ...options, depth: DEPTH }, clock);
  pool.join(STREAM, { weight: 1, newestFirst: false });
  const permits = makeTurns(Infinity, clock);
  const slots = makeTurns(Infinity, clock);
  const unless = unlessStuck(pool.stuck);
  const lease = (): Promise<SlotLease> => unless(slots.take(() => freeSlot(ring)), (late) => late[Symbol.dispose]());
  const permit = (): Promise<void> => unless(permits.take(() => pool.permit(STREAM)), () => pool.returnPermit(STREAM));
  return {
    atOnce,
    runtime: runtimeOf(pool.live),
    see: (path) => look(path, options, { ring, pool, clock, lease, permit }),
    async [Symbol.asyncDispose]() {
      pool.leave(STREAM);
      await pool[Symbol.asyncDispose]();
    },
  };
}

/** The pixels of a late picture may stay in use for long after it. */
async function freeSlot(ring: FrameRing): Promise<SlotLease> {
  for (;;) {
    const lease = ring.lease();
    if (lease) return lease;
    await new Promise<void>((resolve) => ring.onceFree(resolve));
  }
}

interface Hands {
  readonly ring: FrameRing;
  readonly pool: InferencePool;
  readonly clock: Clock;
  readonly lease: () => Promise<SlotLease>;
  readonly permit: () => Promise<void>;
}

async function look(path: string, options: StillsOptions, hands: Hands): Promise<SeenStill> {
  const { pool, clock } = hands;
  const begin = clock.monotonicMs();
  const { lease, letterbox } = await placed(path, options, hands);
  const read = clock.monotonicMs() - begin;
  await hands.permit().catch((stuck: unknown) => {
    lease[Symbol.dispose]();
    throw stuck;
  });
  const { slot, generation, memory, layout } = lease;
  const pixels = options.preprocess === "exact" ? "source" : "fitted";
  const task = { ringId: STREAM, memory, layout, slot, generation, letterbox, rows: rowsOf(letterbox), pixels, limits: taskLimits(options.limits) } as const;
  const answer = foundIn(path, await pool.run(task, () => lease[Symbol.dispose]()));
  const { normaliseMs: normalise, inferMs: infer, decodeMs: decode } = answer;
  return {
    widthPx: letterbox.sourceWidthPx,
    heightPx: letterbox.sourceHeightPx,
    detections: answer.detections,
    timesMs: { read, normalise, infer, decode },
  };
}

/** Reads a picture into a slot. */
async function placed(path: string, { model, mostPixels, preprocess }: StillsOptions, { ring, lease: take }: Hands): Promise<{ readonly lease: SlotLease; readonly letterbox: Letterbox }> {
  let lease: SlotLease | undefined;
  try {
    const whole = preprocess === "exact" ? await readWhole(path, model, ring, mostPixels) : undefined;
    lease = await take();
    const { pixels } = lease;
    return { lease, letterbox: whole ? whole.fill(lease) : await placePicture(model, pixels, (fit) => readStill(path, fit, mostPixels)) };
  } catch (cause) {
    lease?.[Symbol.dispose]();
    const error = asPipelineError(cause, "E_PICTURE");
    throw ENDS_ALL.has(error.code) ? error : named(path, error);
  }
}

function foundIn(path: string, answer: PoolAnswer) {
  if (answer === "late") throw new PipelineError("E_FRAME_LATE", `${path}: no answer came in time`);
  if (answer instanceof PipelineError) throw answer;
  if (!answer.ok) throw named(path, new PipelineError(answer.error.code, answer.error.message));
  return answer;
}

/** Puts the file's path before what is wrong with it. sharp's own messages may have it. */
function named(path: string, error: PipelineError): PipelineError {
  const what = error.message.replaceAll(`: ${path}`, "").replace(/^Input file is missing$/, "was not found");
  return new PipelineError(error.code, `${path}: ${what}`, { cause: error });
}
