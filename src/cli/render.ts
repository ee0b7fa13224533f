import { resolve } from "node:path";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { logFiles } from "../log/index.js";
import { parquetLines } from "../query/index.js";
import { containerOf, DEFAULT_ENCODING, findChapter, openClip, renderClip, type Chapter, type Clip, type Encoding, type RenderFigures } from "../render/index.js";
import { FLAGS, wholeNumber, type GivenFlags } from "./flags.js";
import { troubleTeller } from "./log-progress.js";
import { shareOf } from "./moments.js";
import { print } from "./print.js";
import { showLine } from "./progress.js";
import { renderedText, renderingText } from "./render-text.js";
import { settingsFor } from "./settings.js";
import { statusAfter, type Stop } from "./stop.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

/**
 * `sightline render CLIP LOG...`
 * @returns 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_USAGE, and those of `openClip`, `logFiles`, `findChapter` and `renderClip`
 */
export async function render([name, ...logs]: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  const { out } = given;
  if (name === undefined || logs.length === 0) throw new PipelineError("E_USAGE", "a clip and a log are needed: sightline render CLIP LOG --out FILE");
  if (typeof out !== "string" || out === "") throw new PipelineError("E_USAGE", "--out is missing; give the video to write, such as out.mp4");
  const choice = { stream: typeof given["stream"] === "string" ? given["stream"] : null, run: given["run"] === undefined ? null : wholeNumber(given, "run", 1, 1, 1_000_000) };
  const look = { labels: given["labels"] !== false, minScore: shareOf(given, "--min-score", "minScore", 0) };
  const encoding = encodingOf(given);
  containerOf(out);
  const { source } = await settingsFor(FLAGS.render, given, []);
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const { signal } = stop;
  try {
    const clip = await openClip(name, source, signal);
    if (resolve(out) === clip.path) throw new PipelineError("E_USAGE", `--out ${out} is the clip itself`);
    const chapter = await findChapter(await logFiles(logs), choice, { onTrouble: troubleTeller(terminal), parquetLines }, signal);
    checkSize(chapter, clip);
    if (chapter.runs > 1) terminal.say(`sightline: the log holds ${chapter.runs} runs of ${printable(chapter.stream)}; run ${chapter.run} is drawn, --run chooses another`);
    const options = { ...look, out, encoding, force: given["force"] === true, ffmpegPath: source.ffmpegPath, base: chapter.base };
    const { figures, elapsedMs } = await shown(clip, terminal, (onFrame) => renderClip(clip, chapter.frames(), options, { clock: systemClock, signal, onFrame }));
    tellUnplaced(figures, terminal);
    if (given["json"] === true) await print(JSON.stringify({ v: 1, ok: true, out, stream: chapter.stream, run: chapter.run, ...figures, elapsedMs: Math.round(elapsedMs) }));
    else terminal.say(renderedText(out, clip, figures, elapsedMs));
    return 0;
  } catch (thrown) {
    return statusAfter(thrown, stop);
  }
}

/** Renders, with its progress on the terminal. */
async function shown(clip: Clip, terminal: Terminal, work: (onFrame: (figures: RenderFigures) => void) => Promise<RenderFigures>) {
  const startedMs = systemClock.monotonicMs();
  let figures: RenderFigures = { frames: 0, withRecord: 0, objects: 0, unplaced: 0, mediaMs: 0 };
  const elapsedMs = (): number => systemClock.monotonicMs() - startedMs;
  using _progress = showLine(() => printable(renderingText(clip, figures, elapsedMs())), terminal, systemClock);
  figures = await work((sofar) => (figures = sofar));
  return { figures, elapsedMs: elapsedMs() };
}

/** Another clip is told before it is encoded in vain. */
function checkSize({ first, stream }: Chapter, { path, widthPx, heightPx }: Clip): void {
  if (first.widthPx === widthPx && first.heightPx === heightPx) return;
  throw new PipelineError("E_RENDER_CLIP", `${path} is ${widthPx}x${heightPx}, but the frames of ${stream} were ${first.widthPx}x${first.heightPx}`);
}

function tellUnplaced({ unplaced }: RenderFigures, terminal: Terminal): void {
  if (unplaced === 0) return;
  terminal.say(`sightline: ${terminal.paint.yellow(`${unplaced} records are of frames that the clip does not have: it is shorter than what was seen, or it was played with --loop`)}`);
}

/** The flags about encoding. Another encoder than the default has its own words for fast, and its own measure. */
export function encodingOf(given: GivenFlags): Encoding {
  const { codec = DEFAULT_ENCODING.codec, preset } = given;
  if (typeof codec !== "string" || !/^[a-z0-9_]+$/.test(codec)) throw new PipelineError("E_USAGE", `--codec is ${JSON.stringify(codec)}; allowed: a name of ffmpeg -encoders, such as libx264`);
  if (preset !== undefined && (typeof preset !== "string" || !/^[a-z0-9]+$/.test(preset))) throw new PipelineError("E_USAGE", `--preset is ${JSON.stringify(preset)}; allowed: a word of that encoder, such as veryfast`);
  const isOurs = codec === DEFAULT_ENCODING.codec || codec === "libx265";
  return {
    codec,
    crf: given["crf"] === undefined && !isOurs ? null : wholeNumber(given, "crf", DEFAULT_ENCODING.crf ?? 0, 0, 63),
    preset: preset ?? (isOurs ? DEFAULT_ENCODING.preset : null),
  };
}
