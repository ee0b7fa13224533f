import { resolve } from "node:path";
import { systemClock } from "../core/clock.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { detectLimits, type ModelInfo } from "../model/index.js";
import { imagePaths } from "../source/index.js";
import { inOrder, type SeenStill, type Stills } from "../stills/index.js";
import { frameRecord, type FrameRecord } from "../wire/index.js";
import { openDetectOutputs, type DetectOutputs } from "./detect-outputs.js";
import { detectedText, detectingText, pictureText, type DetectFigures } from "./detect-text.js";
import { FLAGS, wholeNumber, type GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { showLine } from "./progress.js";
import { errorText } from "./report-error.js";
import { settingsFor } from "./settings.js";
import { MEGA, MOST_MEGAPIXELS, openModelForStills } from "./stills.js";
import { endIfStuck, statusAfter, type Stop } from "./stop.js";
import { openTerminal, type Terminal } from "./terminal.js";

/** What became of one picture. */
export type DetectedPicture =
  | { readonly path: string; readonly record: FrameRecord; readonly timesMs: SeenStill["timesMs"] }
  | { readonly path: string; readonly error: PipelineError };

/**
 * `sightline detect PICTURE...`
 * @returns 0; 1 when a picture could not be looked at; 128 + its number when a signal stopped it
 * @throws PipelineError E_USAGE, E_CONFIG, E_MODEL_*, E_OUT_*; with --strict, or of the only name that was given, what is wrong with it
 */
export async function detect(names: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  if (names.length === 0) throw new PipelineError("E_USAGE", "no picture was given; give files, folders or globs of pictures");
  const form = formOf(given);
  const settings = await settingsFor(FLAGS.detect, given, []);
  const limits = ({ labels }: ModelInfo) => detectLimits(labels, settings.detect);
  const mostPixels = MEGA * wholeNumber(given, "max-megapixels", MOST_MEGAPIXELS, 1, 100_000);
  const isStrict = given["strict"] === true;
  using terminal = openTerminal();
  stop.tellOn(terminal);
  stop.limit(() => ["pictures under way"]);
  try {
    const { paths, missing } = await find(names, isStrict);
    await using outputs = await openDetectOutputs(given, paths, mostPixels);
    await using opened = await openModelForStills(settings, { limits, mostPixels }, terminal, stop);
    const figures: DetectFigures = { all: paths.length + missing.length, pictures: 0, objects: 0, failed: 0, startedMs: systemClock.monotonicMs() };
    const teller = tellerOf(form, opened.info, terminal);
    const tell = async (picture: DetectedPicture): Promise<void> => {
      figures.pictures += 1;
      if ("error" in picture) figures.failed += 1;
      else {
        figures.objects += picture.record.objects.length;
        await outputs.add(picture.path, picture.record);
      }
      await teller.picture(picture);
      if ("error" in picture && isStrict) throw picture.error;
    };
    {
      using _progress = showLine(() => detectingText(figures, systemClock.monotonicMs()), terminal, systemClock);
      for (const picture of missing) await tell(picture);
      for await (const picture of inOrder([...paths.entries()], opened.stills.atOnce, look(opened.stills, opened.info, outputs, stop))) await tell(picture);
    }
    await outputs.finish(opened.info.labels);
    await teller.end(figures);
    terminal.say(detectedText(figures, systemClock.monotonicMs(), opened.workers));
    return figures.failed > 0 ? 1 : 0;
  } catch (thrown) {
    endIfStuck(thrown, terminal);
    return statusAfter(thrown, stop);
  }
}

type Form = "text" | "json" | "jsonl";

function formOf(given: GivenFlags): Form {
  if (given["json"] === true && given["jsonl"] === true) throw new PipelineError("E_USAGE", "--json and --jsonl exclude each other: one document, or a line for each picture");
  return given["json"] === true ? "json" : given["jsonl"] === true ? "jsonl" : "text";
}

/** All pictures that the names lead to, each once; and the names that lead to none. */
async function find(names: readonly string[], isStrict: boolean): Promise<{ paths: string[]; missing: DetectedPicture[] }> {
  const paths = new Set<string>();
  const missing: DetectedPicture[] = [];
  for (const name of names) {
    try {
      for (const path of await imagePaths(name)) paths.add(path);
    } catch (cause) {
      const error = asPipelineError(cause, "E_SOURCE_UNREADABLE");
      if (isStrict || names.length === 1) throw error;
      missing.push({ path: resolve(name), error });
    }
  }
  return { paths: [...paths], missing };
}

/** What is no fault of a picture. */
const ENDS_ALL = /^E_(?:OUT_|POOL_|WORKER_START|INTERNAL)/;

/** Looks at a picture and draws it where that is wanted. What is wrong with the picture is its result; what is wrong with our output ends all. */
function look(stills: Stills, info: ModelInfo, outputs: DetectOutputs, { signal }: Stop) {
  return async ([index, path]: readonly [number, string]): Promise<DetectedPicture> => {
    if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped before all pictures were looked at");
    const capturedAtMs = systemClock.wallMs();
    try {
      const seen = await stills.see(path);
      const record = recordOf(seen, info, { index, capturedAtMs, runtime: stills.runtime });
      await outputs.draw(path, record);
      return { path, record, timesMs: seen.timesMs };
    } catch (cause) {
      const error = asPipelineError(cause, "E_INTERNAL");
      if (ENDS_ALL.test(error.code)) throw error;
      return { path, error };
    }
  };
}

/** The record that a run would write of it. */
function recordOf({ widthPx, heightPx, detections, timesMs: { normalise, infer, decode } }: SeenStill, info: ModelInfo, { index, capturedAtMs, runtime }: { readonly index: number; readonly capturedAtMs: number; readonly runtime: string }): FrameRecord {
  const header = { stream: "stills", epoch: 1, frame: index, ptsMs: null, capturedAtMs, capturedMonoMs: 0, widthPx, heightPx };
  const context = { modelId: info.id, runtime, labels: info.labels, publishedAtMs: capturedAtMs, orderMs: 0, totalMs: 0, skipped: {} };
  return frameRecord({ kind: "detected", header, detections, times: { queue: 0, normalise, infer, decode } }, context);
}

/** Tells of each picture: words, a line of JSON, or at the end one document. */
function tellerOf(form: Form, { id: model }: ModelInfo, terminal: Terminal) {
  const kept: object[] = [];
  // Standard output may be the same terminal: the line of progress makes room.
  const show = (text: string): Promise<void> => {
    terminal.status("");
    return print(text);
  };
  return {
    async picture(picture: DetectedPicture): Promise<void> {
      if ("error" in picture) terminal.say(errorText(picture.error, terminal.paint));
      if (form === "json") kept.push(plain(picture));
      else if (form === "jsonl") await show(JSON.stringify({ v: 1, model, ...plain(picture) }));
      else if (!("error" in picture)) await show(pictureText(picture.path, picture.record));
    },
    async end({ pictures, objects, failed }: DetectFigures): Promise<void> {
      if (form === "json") await print(JSON.stringify({ v: 1, ok: failed === 0, model, pictures, objects, failed, results: kept }));
    },
  };
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** Stable keys, new ones may be added. */
function plain(picture: DetectedPicture): object {
  if ("error" in picture) return { file: picture.path, error: picture.error.toWire() };
  const { widthPx, heightPx, objects } = picture.record;
  const timesMs = Object.fromEntries(Object.entries(picture.timesMs).map(([name, value]) => [name, tenth(value)]));
  return { file: picture.path, widthPx, heightPx, timesMs, objects };
}
