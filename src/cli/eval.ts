import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { confusionSvg, curvesSvg } from "../accuracy/index.js";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { evaluate, mapClasses, openDataset, SPLITS, type Dataset, type Evaluation, type SeenPicture } from "../evaluate/index.js";
import { detectLimits, type ModelInfo } from "../model/index.js";
import { freshOutput, outputError, type FreshOutput } from "../sinks/index.js";
import { evaluatedText, evaluatingText, evaluationTable } from "./eval-text.js";
import { FLAGS, wholeNumber, type GivenFlags } from "./flags.js";
import { shareOf } from "./moments.js";
import { print } from "./print.js";
import { showLine } from "./progress.js";
import { settingsFor } from "./settings.js";
import { MEGA, MOST_MEGAPIXELS, openModelForStills } from "./stills.js";
import { endIfStuck, statusAfter, type Stop } from "./stop.js";
import { openTerminal } from "./terminal.js";

/** As Ultralytics' `val` and most who hand results to pycocotools: everything down to the faintest guess. */
const CONF = 0.001;
const IOU = 0.7;
const MOST_DETECTIONS = 300;

/** What --save writes. */
const FILES = { report: "evaluation.json", detections: "detections.json", curves: "precision-recall.svg", confusion: "confusion.svg" } as const;
const isOurs = (name: string): boolean => Object.values<string>(FILES).includes(name);

/**
 * `sightline eval --model M --data D`
 * @returns 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_USAGE, E_CONFIG, E_MODEL_*, E_DATASET*, E_PICTURE*, E_OUT_*
 */
export async function evalCommand(given: GivenFlags, stop: Stop): Promise<number> {
  const text = (name: string): string | null => (typeof given[name] === "string" ? given[name] : null);
  const data = text("data");
  if (data === null) throw new PipelineError("E_USAGE", "--data is missing; give a COCO file, a data.yaml, or a folder of images and labels");
  const settings = await settingsFor(FLAGS.eval, given, []);
  const limits = { conf: shareOf(given, "--conf", "conf", CONF), iou: shareOf(given, "--iou", "iou", IOU), classIds: null, agnostic: false, maxDetections: MOST_DETECTIONS, masks: "none" as const };
  const split = SPLITS.find((one) => one === (text("split") ?? "val"));
  if (split === undefined) throw new PipelineError("E_USAGE", `--split is ${JSON.stringify(text("split"))}; allowed: ${SPLITS.join(", ")}`);
  const mostPixels = MEGA * wholeNumber(given, "max-megapixels", MOST_MEGAPIXELS, 1, 100_000);
  using terminal = openTerminal();
  stop.tellOn(terminal);
  stop.limit(() => ["pictures under way"]);
  try {
    const dataset = await openDataset({ path: data, imagesFolder: text("images"), split });
    const save = text("save");
    await using output = save === null ? null : await freshOutput(save, { kind: "folder", force: given["force"] === true, isOurs });
    await using opened = await openModelForStills(settings, { limits, mostPixels }, terminal, stop);
    const { info, stills } = opened;
    if (info.task === "classify") throw new PipelineError("E_USAGE", `${info.id} says what a whole picture is; boxes are what is evaluated: give a model that detects`);
    const wanted = text("classes")?.split(",").map((name) => name.trim()).filter(Boolean) ?? [];
    const classes = mapClasses(dataset, info.labels, detectLimits(info.labels, { ...limits, classes: wanted }).classIds);
    const startedMs = systemClock.monotonicMs();
    const elapsedMs = (): number => systemClock.monotonicMs() - startedMs;
    let done = 0;
    const detections = detectionLines(dataset, classes.toModel);
    using progress = showLine(() => evaluatingText(done, dataset.pictures.length, elapsedMs()), terminal, systemClock);
    const evaluation = await evaluate(dataset, stills, {
      classes,
      signal: stop.signal,
      onPicture: (seen) => {
        done += 1;
        if (output !== null) detections.add(seen);
      },
    });
    progress[Symbol.dispose]();
    const report = reportOf(evaluation, { dataset, info, limits, mappedBy: classes.by, elapsedMs: elapsedMs() });
    if (output !== null) await writeAll(output, evaluation, info.labels, { report, detections: detections.text() });
    await print(given["json"] === true ? JSON.stringify(report) : evaluationTable(evaluation, info.labels));
    terminal.say(evaluatedText(evaluation, elapsedMs(), save));
    return 0;
  } catch (thrown) {
    endIfStuck(thrown, terminal);
    return statusAfter(thrown, stop);
  }
}

interface Facts {
  readonly dataset: Dataset;
  readonly info: ModelInfo;
  readonly limits: { readonly conf: number; readonly iou: number; readonly maxDetections: number };
  readonly mappedBy: string;
  readonly elapsedMs: number;
}

/** What `--json` prints: stable keys, new ones may be added within `v: 1`. What can't be said is null. */
function reportOf({ pictures, objects, accuracy, curves }: Evaluation, { dataset, info, limits: { conf, iou, maxDetections }, mappedBy, elapsedMs }: Facts) {
  const best = new Map(curves.map((curve) => [curve.classId, curve.best]));
  return {
    v: 1, ok: true, model: info.id, data: dataset.path, kind: dataset.kind, classesBy: mappedBy, conf, iou, maxDetections, pictures, objects,
    mean: accuracy.mean,
    classes: accuracy.classes.map(({ classId, objectCount, ...figures }) => ({ classId, label: info.labels[classId] ?? String(classId), objects: objectCount, ...figures, best: best.get(classId) })),
    elapsedMs: Math.round(elapsedMs),
  };
}

/** COCO's results format, as pycocotools' `loadRes` takes it, in the data set's numbers. Of a YOLO folder there is none. */
function detectionLines({ kind }: Dataset, toModel: ReadonlyMap<number, number>) {
  const toDataset = new Map([...toModel].map(([id, classId]) => [classId, id]));
  const lines: string[] = [];
  return {
    add({ picture, found }: SeenPicture): void {
      for (const { classId, score, box: [x1 = 0, y1 = 0, x2 = 0, y2 = 0] } of found) {
        lines.push(JSON.stringify({ image_id: picture.imageId, category_id: toDataset.get(classId), bbox: [x1, y1, x2 - x1, y2 - y1], score }));
      }
    },
    text: (): string | null => (kind === "coco" ? `[\n${lines.join(",\n")}\n]\n` : null),
  };
}

async function writeAll(output: FreshOutput, { curves, confusion }: Evaluation, labels: readonly string[], { report, detections }: { readonly report: object; readonly detections: string | null }): Promise<void> {
  const files: readonly (readonly [string, string | null])[] = [
    [FILES.report, `${JSON.stringify({ ...report, curves, confusion })}\n`],
    [FILES.detections, detections],
    [FILES.curves, curvesSvg(curves, labels)],
    [FILES.confusion, confusionSvg(confusion, labels)],
  ];
  for (const [name, text] of files) {
    if (text === null) continue;
    await writeFile(join(output.temporaryPath, name), text).catch((thrown: unknown) => {
      throw outputError(thrown, "write", name);
    });
  }
  await output.keep();
}
