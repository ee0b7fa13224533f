import { execFileSync } from "node:child_process";
import { systemClock } from "../../src/core/clock.js";
import type { PipelineError } from "../../src/core/errors.js";
import type { FrameHeader } from "../../src/core/frame.js";
import { deferred } from "../../src/core/lifetime.js";
import type { InputRows, Letterbox, LetterboxRule } from "../../src/model/index.js";
import { createRing } from "../../src/ring/index.js";
import { openSource, type SourceEvent, type SourceOptions } from "../../src/source/index.js";

/** The two letterbox rules of the families. */
export const CENTRED: LetterboxRule = { placement: "centre", rounding: "half-even", padValue: 114 };
export const TOP_LEFT: LetterboxRule = { placement: "top-left", rounding: "truncate", padValue: 114 };

/** Makes a test file with the real FFmpeg; waits for it. */
export function ffmpeg(...args: string[]): void {
  execFileSync("ffmpeg", ["-hide_banner", "-v", "error", "-y", ...args], { stdio: ["ignore", "ignore", "pipe"] });
}

/** The limits of live sources, shortened where a test has to wait for them. */
export function liveLimits(some: Partial<SourceOptions["limits"]> = {}): SourceOptions["limits"] {
  const defaults = { connectTimeoutMs: 10_000, firstFrameTimeoutMs: 20_000, silenceTimeoutMs: 10_000, backoffMinMs: 1000, backoffMaxMs: 60_000, healthyAfterMs: 10_000 };
  return { ...defaults, ...some };
}

/** What a source said until it ended. */
export interface ReadResult {
  readonly headers: readonly FrameHeader[];
  /** Of each frame that had a slot: the planes of the whole model input, -1 where the source has sent nothing. */
  readonly planes: readonly Int16Array[];
  /** Where the source says that each of these frames lies in the input. */
  readonly letterboxes: readonly Letterbox[];
  readonly error: PipelineError | null;
  readonly events: readonly SourceEvent[];
}

export interface ReadOptions extends Partial<Omit<SourceOptions, "input">> {
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly letterbox?: LetterboxRule;
  /** Called with each frame; returns whether its slot may be given back at once. Default: yes. */
  readonly onFrame?: (header: FrameHeader) => void;
}

function wholeInput(pixels: Uint8Array, { topPx, heightPx: rowCount }: InputRows, widthPx: number, heightPx: number): Int16Array {
  const whole = new Int16Array(3 * widthPx * heightPx).fill(-1);
  for (const plane of [0, 1, 2]) {
    const sent = pixels.subarray(plane * widthPx * rowCount, (plane + 1) * widthPx * rowCount);
    whole.set(sent, (plane * heightPx + topPx) * widthPx);
  }
  return whole;
}

/** Reads a source to its end through a ring of three slots. Throws what opening throws. */
export async function readAll(name: string, options: ReadOptions = {}): Promise<ReadResult> {
  const { widthPx = 96, heightPx = 64, letterbox = CENTRED, onFrame, ...rest } = options;
  const ring = createRing({ slots: 3, slotBytes: 3 * widthPx * heightPx });
  const defaults = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime: false, loop: false, decodeThreads: 1, picture: null, limits: liveLimits() };
  const settings: SourceOptions = { ...defaults, ...rest, input: { widthPx, heightPx, letterbox } };
  const world = { clock: systemClock, signal: new AbortController().signal };
  await using source = await openSource(name, "test", settings, ring, world);
  const events: SourceEvent[] = [];
  const planes: Int16Array[] = [];
  const over = deferred<PipelineError | null>();
  source.start((event) => {
    events.push(event);
    if (event.type === "ended") return over.resolve(event.error);
    if (event.type !== "frame") return;
    planes.push(wholeInput(event.lease.pixels, event.rows, widthPx, heightPx));
    onFrame?.(event.header);
    event.lease[Symbol.dispose]();
  });
  const error = await over.promise;
  if (ring.outstanding !== 0) throw new Error(`${ring.outstanding} slots were not given back`);
  const headers = events.flatMap((event) => (event.type === "frame" ? [event.header] : []));
  const letterboxes = events.flatMap((event) => (event.type === "frame" ? [event.letterbox] : []));
  return { headers, planes, letterboxes, error, events };
}
