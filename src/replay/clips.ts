import { basename, extname } from "node:path";
import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { Closers } from "../core/lifetime.js";
import { openClip, type Clip, type ClipOptions } from "../source/index.js";
import { parseRecord, type FrameRecord } from "../wire/index.js";
import { clipPictures } from "./clip-pictures.js";
import type { Contents } from "./contents.js";

/**
 * Opens the clips that were given as `CLIP` or `STREAM=CLIP`, and looks whether each holds the first frame that the log has
 * of its stream.
 * @throws PipelineError E_USAGE, E_CLIP, E_LOG_STREAM, those of `openClip`
 */
export async function openClips(given: readonly string[], contents: Contents, options: ClipOptions, clock: Clock, signal: AbortSignal): Promise<Map<string, Clip>> {
  const names = [...contents.streams.keys()];
  const paths = new Map<string, string>();
  for (const one of given) {
    const { stream, path } = streamOf(one, names);
    if (paths.has(stream)) throw new PipelineError("E_USAGE", `--clip was given twice for the stream ${stream}`);
    paths.set(stream, path);
  }
  const clips = new Map<string, Clip>();
  for (const [stream, path] of paths) {
    const clip = await openClip(path, options, clock, signal);
    await checkFirst(clip, stream, contents);
    clips.set(stream, clip);
  }
  return clips;
}

/** Which stream a clip is for: the named one, the only one, or the one that has the file's name. */
function streamOf(given: string, names: readonly string[]): { readonly stream: string; readonly path: string } {
  const named = names.find((name) => given.startsWith(`${name}=`));
  if (named !== undefined) return { stream: named, path: given.slice(named.length + 1) };
  const [, unknown] = /^([A-Za-z0-9._-]+)=./.exec(given) ?? [];
  if (unknown !== undefined) throw unknownStream(unknown, names);
  const [only, ...others] = names;
  if (only !== undefined && others.length === 0) return { stream: only, path: given };
  const alike = basename(given, extname(given));
  if (names.includes(alike)) return { stream: alike, path: given };
  throw new PipelineError("E_USAGE", `--clip ${given}: the log has several streams (${names.join(", ")}); say which one with --clip STREAM=${given}`);
}

/** The error for a stream that a log does not have. */
export const unknownStream = (stream: string, names: readonly string[]): PipelineError =>
  new PipelineError("E_LOG_STREAM", `the log has no stream ${stream}; it has ${names.join(", ")}`);

async function checkFirst(clip: Clip, stream: string, contents: Contents): Promise<void> {
  const entry = contents.streams.get(stream)?.first;
  const read = entry && parseRecord(entry.text);
  if (!read || !("record" in read)) return;
  const record = read.record as FrameRecord;
  const { widthPx, heightPx } = clip.probe;
  if (widthPx !== record.widthPx || heightPx !== record.heightPx) {
    throw new PipelineError("E_CLIP", `${clip.name} has pictures of ${widthPx}x${heightPx}, the records of ${stream} are of ${record.widthPx}x${record.heightPx}`);
  }
  const closers = new Closers();
  const pictures = closers.use(clipPictures(clip));
  const found = await pictures.of(record).finally(() => closers[Symbol.asyncDispose]());
  if (!found) throw new PipelineError("E_CLIP", misfitWords(record, clip));
}

/** What does not fit. */
export function misfitWords({ stream, frame, ptsMs }: FrameRecord, { name }: Clip): string {
  return `${name} has no frame for the record of frame ${frame} of ${stream}${ptsMs === null ? "" : `, whose media time is ${(ptsMs / 1000).toFixed(3)} s`}`;
}
