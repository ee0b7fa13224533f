import { createHash } from "node:crypto";
import { createReadStream, readSync } from "node:fs";
import { open, readFile, stat, type FileHandle } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { messageOf, PipelineError, systemCodeOf } from "../core/errors.js";
import { describeModel, parseLabelsFile, readOnnxHeader } from "../model/index.js";
import type { ByteSource, DescribedModel, Family, GivenLabels, OnnxHeader, Sidecar, Task } from "../model/index.js";
import { parseSidecar } from "./sidecar.js";

/** The name of the model that comes along, and where it lies. Seen from the compiled `dist/src/pool`. */
const BUILTIN = "builtin";
const BUILTIN_MODEL = new URL("../../../samples/street.onnx", import.meta.url);

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
  /** An ONNX file, or `builtin`. */
  readonly path: string;
}

/**
 * Reads what a model file, its sidecar and the labels say. No weights are loaded; the file is hashed once.
 * modelPath   an ONNX file, or `builtin`
 * @throws PipelineError E_MODEL_MISSING, E_MODEL_UNREADABLE, E_MODEL_INVALID, E_MODEL_INPUTS, E_MODEL_FAMILY,
 *         E_MODEL_AMBIGUOUS, E_MODEL_SIDECAR, E_LABELS
 */
export async function loadModelInfo(modelPath: string, { labels, family = null, task = null, imgsz = null }: ModelWords): Promise<DescribedModel> {
  const path = modelPath === BUILTIN ? fileURLToPath(BUILTIN_MODEL) : resolve(modelPath);
  const header = await readHeader(path);
  const [sha256, sidecar, given] = await Promise.all([hashFile(path), readSidecar(path), readLabels(labels)]);
  return named(path, () =>
    describeModel({
      path, name: basename(path, extname(path)), sha256, header, sidecar,
      asked: { family, task, labels: given, imgsz: typeof imgsz === "number" ? [imgsz, imgsz] : imgsz },
    }),
  );
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
  const facts = await stat(path).catch(fileTrouble(path));
  if (!facts.isFile()) {
    throw new PipelineError("E_MODEL_INVALID", `${path} is ${facts.isDirectory() ? "a folder" : "no regular file"}`);
  }
  return open(path, "r").catch(fileTrouble(path));
}

function fileTrouble(path: string): (cause: unknown) => never {
  return (cause) => {
    const code = systemCodeOf(cause);
    const missing = code === "ENOENT" || code === "ENOTDIR";
    throw new PipelineError(
      missing ? "E_MODEL_MISSING" : "E_MODEL_UNREADABLE",
      missing ? `${path} was not found` : `${path}: ${code}`,
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

async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1024 * 1024 })) hash.update(chunk as Buffer);
  } catch (cause) {
    fileTrouble(path)(cause);
  }
  return hash.digest("hex");
}

/** `model.yaml` beside `model.onnx`; null when there is none. */
async function readSidecar(modelPath: string): Promise<Sidecar | null> {
  const path = join(dirname(modelPath), `${basename(modelPath, extname(modelPath))}.yaml`);
  const text = await readText(path).catch((cause: unknown) => {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return null;
    throw new PipelineError("E_MODEL_SIDECAR", `${path} can't be read: ${messageOf(cause)}`, { cause });
  });
  return text === null ? null : parseSidecar(text, path);
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
