import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { checkFfmpeg, openPixelPipe, startChild, type Child, type StderrReader } from "../source/index.js";
import { freshOutput } from "../sinks/index.js";
import type { FrameRecord } from "../wire/index.js";
import type { Clip } from "./clip.js";
import { containerOf, decodeArguments, encodeArguments, type Encoding } from "./commands.js";
import { artist, type Look } from "./draw.js";
import { startEncoder, wordsOf, type Encoder } from "./encoder.js";
import { frameFlow, type FrameFlow } from "./frames.js";
import { pairing, type Pairing } from "./pairing.js";

/** What is made of a clip. */
export interface RenderOptions extends Look {
  readonly out: string;
  /** What is at `out` is replaced. */
  readonly force: boolean;
  readonly encoding: Encoding;
  readonly ffmpegPath: string;
  /** Number of the clip's first frame in the records; null = to be found by the first record's media time. */
  readonly base: number | null;
}

/** How far it is; the same at the end. */
export interface RenderFigures {
  frames: number;
  /** Frames that had a record. */
  withRecord: number;
  objects: number;
  /** Records that had no frame in the clip. */
  unplaced: number;
  /** Media time of the newest frame since the first, ms. */
  mediaMs: number;
}

/** Who follows it. */
export interface RenderWorld {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called for every frame. */
  readonly onFrame?: (figures: Readonly<RenderFigures>) => void;
}

/**
 * Burns records into a clip: FFmpeg decodes, the boxes are drawn on the planes as they go by, another FFmpeg encodes.
 * A frame without a record goes by as it is. Whatever its length, a handful of frames are in memory. Nothing is at `out`
 * before the video is whole.
 * @throws PipelineError E_OUT_EXISTS, E_OUT_FOLDER, E_OUT_WRITE, E_OUT_FULL, E_RENDER_CLIP, E_RENDER_ENCODER, E_FFMPEG_*, E_SOURCE_TRUNCATED, E_STOPPED
 */
export async function renderClip(clip: Clip, records: AsyncIterator<FrameRecord>, options: RenderOptions, world: RenderWorld): Promise<RenderFigures> {
  await using renderer = await openRenderer(clip, options, world);
  return await renderer.render(records);
}

/** A render whose output could be opened. Disposing takes away what is not whole. */
export interface Renderer extends AsyncDisposable {
  /** Once. @throws as `renderClip` */
  render(records: AsyncIterator<FrameRecord>): Promise<RenderFigures>;
}

/** Checks what can be known at the door. @throws as `renderClip` */
export async function openRenderer(clip: Clip, options: RenderOptions, world: RenderWorld): Promise<Renderer> {
  containerOf(options.out);
  await checkFfmpeg(options.ffmpegPath, world.signal);
  const output = await freshOutput(options.out, { kind: "file", force: options.force });
  return {
    async render(records) {
      try {
        const figures = await rendered(clip, records, options, output.temporaryPath, world);
        await output.keep();
        return figures;
      } finally {
        // Not awaited: what it waits for may never come.
        void records.return?.();
      }
    },
    [Symbol.asyncDispose]: () => output[Symbol.asyncDispose](),
  };
}

async function rendered(clip: Clip, records: AsyncIterator<FrameRecord>, options: RenderOptions, temporaryPath: string, { clock, signal, onFrame }: RenderWorld): Promise<RenderFigures> {
  const { ffmpegPath, encoding, out, base } = options;
  using pipe = await openPixelPipe();
  await using decoder = startChild(ffmpegPath, decodeArguments(clip), { stdin: "ignore", outputs: [pipe.stdout, "pipe"] }, clock);
  const words = wordsOf(decoder);
  const flow = frameFlow(pipe, decoder);
  await using encoder = startEncoder(ffmpegPath, encodeArguments(clip, temporaryPath, out, encoding), clock);
  // A child that hangs, or a record that never comes, must not keep a stop waiting: both are ended, and what was awaited with them.
  const stopped = new Promise<never>((_, reject) => {
    const stop = (): void => reject(new PipelineError("E_STOPPED", "stopped before the video was whole; nothing was kept"));
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
  stopped.catch(() => undefined);
  const pairs = pairing(records, base);
  const figures: RenderFigures = { frames: 0, withRecord: 0, objects: 0, unplaced: 0, mediaMs: 0 };
  await Promise.race([allFrames({ clip, flow, encoder, pairs, figures, look: options, onFrame }), stopped]);
  await Promise.race([complete(clip, decoder, words, flow, figures), stopped]);
  await Promise.race([encoder.write(flow.rest()).then(() => encoder.finish()), stopped]);
  return figures;
}

interface Work {
  readonly clip: Clip;
  readonly flow: FrameFlow;
  readonly encoder: Encoder;
  readonly pairs: Pairing;
  readonly figures: RenderFigures;
  readonly look: Look;
  readonly onFrame: RenderWorld["onFrame"];
}

/** Draws on a frame while the one before is written and the one behind is read. */
async function allFrames({ clip, flow, encoder, pairs, figures, look, onFrame }: Work): Promise<void> {
  const { draw } = artist(clip, look);
  let writing = Promise.resolve();
  let beginMs: number | undefined;
  for (let frame = await flow.next(); frame; frame = await flow.next()) {
    const { before, pixels, elidedBytes, ptsMs } = frame;
    const record = await pairs.take(figures.frames, ptsMs);
    if (record) figures.objects += await draw({ pixels, ...flow.size() }, record);
    await writing;
    const done = frame;
    writing = encoder.write(before, pixels.subarray(elidedBytes)).then(() => flow.release(done));
    // Awaited a frame later.
    writing.catch(() => undefined);
    beginMs ??= ptsMs;
    figures.frames += 1;
    if (record) figures.withRecord += 1;
    figures.mediaMs = ptsMs - beginMs;
    onFrame?.(figures);
  }
  await writing;
  figures.unplaced = await pairs.drain();
}

/** Whether the decoder read the clip to its end. */
async function complete({ path }: Clip, decoder: Child, words: StderrReader, flow: FrameFlow, { frames }: RenderFigures): Promise<void> {
  const { code, signal } = await decoder.ended;
  const why = words.explanation();
  if (frames === 0) throw new PipelineError("E_SOURCE_NO_FRAMES", `${path} holds no frame that can be decoded${why ? `: ${why}` : ""}`);
  if (code !== 0 || flow.isTorn) throw new PipelineError("E_FFMPEG_ENDED", `FFmpeg ended with ${signal ?? `status ${code}`} after ${frames} frames of ${path}: ${why ?? "it gave no reason"}`);
}
