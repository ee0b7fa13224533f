import { readSync } from "node:fs";
import { open, readFile, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { messageOf, PipelineError, systemCodeOf } from "../core/errors.js";
import { describeModel, FAMILIES, NOTHING_SAID, parseLabelsFile, readOnnxHeader } from "../model/index.js";
import type { ByteSource, DescribedModel, Family, GivenLabels, OnnxHeader, Sidecar, Task } from "../model/index.js";
import { hintForMissing, modelNamed, requireHere, sha256Of, type ModelEntry } from "../weights/index.js";
import { parseSidecar } from "./sidecar.js";

/** What people have before they export. */
const PYTORCH = /\.(pt|pth)$/i;

/** Bytes read at once while walking a header: operators lie close together, weights are jumped over. */
const WINDOW_BYTES = 64 * 1024;
/** Longest labels or sidecar file, bytes. */
const TEXT_LIMIT_BYTES = 4 * 1024 * 1024;

/** What a person says of a model, in settings or flags. Left out or null = what the model, or a sidecar, says itself. */
export interface ModelWords {
  /** A file with one label a line, or `coco`. */
  readonly labels: string | null;
  readonly family?: Family | null;
  readonly task?: Task | null;
  /** Of an input of any size: one side for both, or height and width, px. */
  readonly imgsz?: number | readonly [number, number] | null;
}

/** A model by its file, and what is said of it. */
export interface ModelSource extends ModelWords {
  /** An ONNX file, or the name of a model that is at this machine; nothing is fetched here. */
  readonly path: string;
}

/**
 * Reads what a model file, its sidecar and the labels say. No weights are loaded, and none are fetched; the file is hashed once.
 * model    path of an ONNX file, or the name of a model that is here: see the room weights
 * @throws PipelineError E_MODEL_MISSING, E_MODEL_UNREADABLE, E_MODEL_INVALID, E_MODEL_INPUTS, E_MODEL_FAMILY,
 *         E_MODEL_AMBIGUOUS, E_MODEL_SIDECAR, E_MODEL_NAME, E_MODEL_NOT_PULLED, E_MODEL_REGISTRY, E_LABELS
 */
export async function loadModelInfo(model: string, { labels, family = null, task = null, imgsz = null }: ModelWords): Promise<DescribedModel> {
  const entry = await modelNamed(model);
  const path = entry === null ? resolve(model) : await requireHere(entry);
  if (PYTORCH.test(path)) throw new PipelineError("E_MODEL_INVALID", `${path}: weights of PyTorch are exported first: yolo export model=${basename(path)} format=onnx`);
  const header = await readHeader(path);
  const [sha256, sidecar, given] = await Promise.all([
    sha256Of(path).catch(fileTrouble(path)),
    // The one that comes along says everything itself.
    entry === null || entry.address === null ? readSidecar(path) : sidecarOf(entry),
    readLabels(labels),
  ]);
  if (entry !== null && entry.address !== null && sha256 !== entry.sha256) {
    throw new PipelineError("E_MODEL_NOT_PULLED", `${path} is not ${entry.name}: its sha256 is ${sha256}, not ${entry.sha256}; sightline models pull ${entry.name} brings it`);
  }
  return named(path, () =>
    describeModel({
      path, name: basename(path, extname(path)), sha256, header, sidecar,
      asked: { family, task, labels: given, imgsz: typeof imgsz === "number" ? [imgsz, imgsz] : imgsz },
    }),
  );
}

/** What the registry says of a model stands for its sidecar. */
function sidecarOf({ name, family, labels }: ModelEntry): Sidecar {
  const known = FAMILIES.find((one) => one === family);
  if (known === undefined) throw new PipelineError("E_MODEL_REGISTRY", `${name} is of the family ${family}; known: ${FAMILIES.join(", ")}`);
  return { ...NOTHING_SAID, family: known, labels: labels === "coco" ? { from: "coco" } : { from: "sidecar", labels, name: "the registry" } };
}

/** Puts the file's path before what is wrong with it. */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof PipelineError)) throw cause;
    throw new PipelineError(cause.code, `${path}: ${cause.message}`, { cause });
  }
}

async function readHeader(path: string): Promise<OnnxHeader> {
  await using file = await openModel(path);
  const { size } = await file.stat();
  if (size === 0) throw new PipelineError("E_MODEL_INVALID", `${path} has 0 bytes`);
  return named(path, () => readOnnxHeader(windowed(file.fd, size)));
}

async function openModel(path: string): Promise<FileHandle> {
  const hint = await hintForMissing(path);
  const facts = await stat(path).catch(fileTrouble(path, hint));
  if (!facts.isFile()) {
    throw new PipelineError("E_MODEL_INVALID", `${path} is ${facts.isDirectory() ? "a folder" : "no regular file"}`);
  }
  return open(path, "r").catch(fileTrouble(path));
}

/** `hint`: how to come by a file that is not there. */
function fileTrouble(path: string, hint = ""): (cause: unknown) => never {
  return (cause) => {
    const code = systemCodeOf(cause);
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new PipelineError(
      missing ? "E_MODEL_MISSING" : "E_MODEL_UNREADABLE",
      missing ? `${path} was not found${hint}` : `${path}: ${code}`,
      { cause },
    );
  };
}

/** Positioned reads through one window, so that a walk over neighbouring fields costs one read. */
function windowed(fd: number, sizeBytes: number): ByteSource {
  let window: Buffer = Buffer.alloc(0);
  let windowStart = 0;
  return {
    sizeBytes,
    readAt(offset, length) {
      const from = offset - windowStart;
      if (from < 0 || from + length > window.length) {
        window = readFully(fd, offset, Math.min(Math.max(length, WINDOW_BYTES), sizeBytes - offset));
        windowStart = offset;
      }
      return window.subarray(offset - windowStart, offset - windowStart + length);
    },
  };
}

function readFully(fd: number, offset: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const bytes = readSync(fd, buffer, done, length - done, offset + done);
    if (bytes === 0) {
      throw new PipelineError("E_MODEL_INVALID", `cut while it was read: it ends at byte ${offset + done}`);
    }
    done += bytes;
  }
  return buffer;
}

/** `model.yaml` or `model.yml` beside `model.onnx`; null when there is none. */
async function readSidecar(modelPath: string): Promise<Sidecar | null> {
  const name = join(dirname(modelPath), basename(modelPath, extname(modelPath)));
  const found = await Promise.all([`${name}.yaml`, `${name}.yml`].map(async (path) => ({ path, text: await sidecarText(path) })));
  const [sidecar, other] = found.filter(({ text }) => text !== null);
  if (other !== undefined) throw new PipelineError("E_MODEL_SIDECAR", `${sidecar?.path} and ${other.path} are both there: which of them counts?`);
  return sidecar === undefined || sidecar.text === null ? null : parseSidecar(sidecar.text, sidecar.path);
}

async function sidecarText(path: string): Promise<string | null> {
  return readText(path).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new PipelineError("E_MODEL_SIDECAR", `${path} can't be read: ${messageOf(cause)}`, { cause });
  });
}

async function readLabels(labels: string | null): Promise<GivenLabels | null> {
  if (labels === null) return null;
  if (labels === "coco") return { from: "coco" };
  const text = await readText(labels).catch((cause: unknown) => {
    throw new PipelineError("E_LABELS", `${labels} can't be read: ${messageOf(cause)}`, { cause });
  });
  return { from: "file", labels: parseLabelsFile(text, labels), name: labels };
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > TEXT_LIMIT_BYTES) throw new Error(`it has ${size} bytes (limit ${TEXT_LIMIT_BYTES})`);
  return readFile(path, "utf8");
}
