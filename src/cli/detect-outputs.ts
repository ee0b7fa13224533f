import { mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, extname, join, relative, resolve, sep } from "node:path";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { openWith, type Closers } from "../core/lifetime.js";
import { EXPORT_FORMATS, type ExportFormat, type ExportWriter } from "../export/index.js";
import { overlayOf } from "../overlay/index.js";
import { drawOnStill } from "../picture/index.js";
import { freshOutput, outputError } from "../sinks/index.js";
import type { FrameRecord } from "../wire/index.js";
import type { GivenFlags } from "./flags.js";

/** Where the results of `detect` go besides the terminal. */
export interface DetectOutputs extends AsyncDisposable {
  /** Writes the picture with what was seen in it, where that is wanted. May be called side by side. */
  draw(path: string, record: FrameRecord): Promise<void>;
  /** Adds the picture to COCO file and YOLO folder, where they are wanted. One call at a time. */
  add(path: string, record: FrameRecord): Promise<void>;
  /** Puts COCO file and YOLO folder to their places; `labels` are the model's. */
  finish(labels: readonly string[]): Promise<void>;
}

/** JPEG quality of drawn pictures, 1..100. */
const JPEG_QUALITY = 92;
/** What is kept without loss is drawn without loss. */
const LOSSLESS = [".png", ".gif", ".tif", ".tiff"];

/**
 * Opens what `--save`, `--coco` and `--yolo` ask for.
 * @throws PipelineError E_USAGE, E_OUT_*
 */
export function openDetectOutputs(given: GivenFlags, paths: readonly string[], mostPixels: number): Promise<DetectOutputs> {
  const text = (name: string): string | null => (typeof given[name] === "string" && given[name] !== "" ? given[name] : null);
  const force = given["force"] === true;
  const [save, coco, yolo] = [text("save"), text("coco"), text("yolo")];
  const base = commonFolder(paths);
  if (yolo !== null) refuseTwins(paths, base);
  return openWith(async (closers) => {
    if (save !== null) await openFolder(save, force, paths, base);
    const writers = await Promise.all([
      ...(coco === null ? [] : [openFormat(EXPORT_FORMATS.coco, coco, force, closers)]),
      ...(yolo === null ? [] : [openFormat(EXPORT_FORMATS.yolo, yolo, force, closers)]),
    ]);
    return {
      async draw(path, record) {
        if (save !== null) await drawInto(save, drawnName(path, base), path, record, mostPixels);
      },
      async add(path, record) {
        const frame = { record, objects: record.objects, run: 1, fileName: "", picture: relative(base, path).split(sep).join("/") };
        for (const { writer } of writers) await writer.frame(frame);
      },
      async finish(labels) {
        for (const { writer, keep } of writers) {
          await writer.finish(labels);
          await keep();
        }
      },
      [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
    };
  });
}

async function openFormat({ kind, isOurs, open }: ExportFormat, path: string, force: boolean, closers: Closers): Promise<{ readonly writer: ExportWriter; keep(): Promise<void> }> {
  const output = closers.use(await freshOutput(path, { kind, force, ...(isOurs && { isOurs }) }));
  return { writer: closers.use(await open(output.temporaryPath)), keep: () => output.keep() };
}

/** The deepest folder that holds all of them. */
function commonFolder(paths: readonly string[]): string {
  const [first = "", ...others] = paths.map((path) => dirname(path).split(sep));
  if (first === "") return "";
  const depth = others.reduce((most, folders) => {
    const differs = first.slice(0, most).findIndex((folder, i) => folder !== folders[i]);
    return differs < 0 ? most : differs;
  }, first.length);
  return first.slice(0, depth).join(sep) || sep;
}

/** YOLO's labels have a picture's name without its ending. */
function refuseTwins(paths: readonly string[], base: string): void {
  const named = new Map<string, string>();
  for (const path of paths) {
    const name = path.slice(0, path.length - extname(path).length);
    const twin = named.get(name);
    if (twin !== undefined) throw new PipelineError("E_USAGE", `${relative(base, twin)} and ${relative(base, path)} would both have their labels in ${relative(base, name)}.txt: give one of them, or leave --yolo out`);
    named.set(name, path);
  }
}

/** Where a picture is drawn to, below the folder: `a/street.jpg`, or with another ending behind its own: `a/street.webp.jpg`. */
function drawnName(path: string, base: string): string {
  const ending = extname(path).toLowerCase();
  const drawn = LOSSLESS.includes(ending) ? ".png" : ".jpg";
  return `${relative(base, path)}${ending === drawn ? "" : drawn}`;
}

/** Pictures are written as they come: what was drawn before a stop stays. */
async function openFolder(folder: string, force: boolean, paths: readonly string[], base: string): Promise<void> {
  const own = new Set(paths);
  const over = paths.find((path) => own.has(resolve(folder, drawnName(path, base))));
  if (over !== undefined) throw new PipelineError("E_USAGE", `--save ${folder} would write over ${over} itself; give another folder`);
  await mkdir(folder, { recursive: true }).catch((thrown: unknown) => {
    throw outputError(thrown, "make", folder);
  });
  if (!force && (await readdir(folder)).length > 0) throw new PipelineError("E_OUT_EXISTS", `${folder} is there already and not empty`);
}

async function drawInto(folder: string, name: string, path: string, record: FrameRecord, mostPixels: number): Promise<void> {
  const place = join(folder, name);
  const part = `${place}.part`;
  const as = name.endsWith(".png") ? ({ format: "png" } as const) : ({ format: "jpeg", quality: JPEG_QUALITY } as const);
  const picture = await drawOnStill(path, overlayOf(record, record), as, mostPixels).catch((cause: unknown) => {
    throw new PipelineError("E_PICTURE", `${path}: ${asPipelineError(cause, "E_PICTURE").message}`, { cause });
  });
  try {
    await mkdir(dirname(place), { recursive: true });
    await writeFile(part, picture);
    await rename(part, place);
  } catch (thrown) {
    await rm(part, { force: true }).catch(() => undefined);
    throw outputError(thrown, "write", place);
  }
}
