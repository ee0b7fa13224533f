import { createWriteStream, mkdirSync, type WriteStream } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { detectionBatch } from "../../src/core/detections.js";
import { frameRecord, toLine } from "../../src/wire/index.js";

/** What a log of many records is made of. */
export interface BigLog {
  readonly folder: string;
  readonly records: number;
  readonly streams: number;
  /** Frames a second of each stream. */
  readonly fps: number;
  /** Begin, ms since 1970. */
  readonly startMs: number;
}

const HOUR_MS = 3_600_000;
const LABELS = ["person", "bicycle", "car", "bus"];
/** How many objects a frame has, and of which classes: a street by day. */
const OBJECTS = [0, 0, 0, 1, 1, 1, 2, 2, 3, 5];
const CLASSES = [2, 2, 2, 2, 0, 0, 0, 1, 3];
/** Lines are written in pieces of about this length. */
const PIECE_CHARS = 1 << 20;

/** Numbers that look like chance and are the same each time (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Writes hourly parts of a log, lines as the program writes them, all streams one after the other in each frame period.
 * @returns objects of each class by minute, counted while they were written: `2026-11-20T10:00 car` to a number
 */
export async function writeBigLog({ folder, records, streams, fps, startMs }: BigLog): Promise<Map<string, number>> {
  mkdirSync(folder, { recursive: true });
  const random = chance(7);
  const counts = new Map<string, number>();
  let out: { hour: string; file: WriteStream } | undefined;
  let piece = "";
  const flush = async (): Promise<void> => {
    if (out && piece !== "" && !out.file.write(piece)) await once(out.file, "drain");
    piece = "";
  };
  const close = async (): Promise<void> => {
    await flush();
    out?.file.end();
    if (out) await once(out.file, "close");
  };
  for (let i = 0; i < records; i += 1) {
    const frame = Math.floor(i / streams);
    const capturedAtMs = startMs + Math.floor((frame * 1000) / fps) + (i % streams) * 3;
    const hour = new Date(Math.floor(capturedAtMs / HOUR_MS) * HOUR_MS).toISOString().slice(0, 13);
    if (out?.hour !== hour) {
      await close();
      out = { hour, file: createWriteStream(join(folder, `detections.${hour}.jsonl`)) };
    }
    piece += `${toLine(recordOf(i % streams, frame, capturedAtMs, random, counts))}\n`;
    if (piece.length > PIECE_CHARS) await flush();
  }
  await close();
  return counts;
}

function recordOf(stream: number, frame: number, capturedAtMs: number, random: () => number, counts: Map<string, number>) {
  const objects = OBJECTS[Math.floor(random() * OBJECTS.length)]!;
  const boxes = new Float32Array(objects * 4);
  const scores = new Float32Array(objects);
  const classIds = new Int32Array(objects);
  const minute = new Date(capturedAtMs).toISOString().slice(0, 16);
  for (let i = 0; i < objects; i += 1) {
    const [x, y] = [random() * 1600, random() * 800];
    boxes.set([x, y, x + 20 + random() * 300, y + 20 + random() * 250], i * 4);
    scores[i] = 0.95 - 0.1 * i - 0.05 * random();
    classIds[i] = CLASSES[Math.floor(random() * CLASSES.length)]!;
    const key = `${minute} ${LABELS[classIds[i]!]}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const totalMs = 40 + random() * 30;
  return frameRecord(
    {
      kind: "detected",
      header: { stream: `camera-${String(stream + 1).padStart(2, "0")}`, epoch: 1, frame, ptsMs: frame * 40, capturedAtMs, capturedMonoMs: 0, widthPx: 1920, heightPx: 1080 },
      detections: detectionBatch(boxes, scores, classIds),
      times: { queue: 5 + random() * 20, normalise: 0.4 + random() * 0.2, infer: 15 + random() * 8, decode: 0.2 + random() * 0.2 },
    },
    { modelId: "yolox_nano@695e750a", runtime: "onnxruntime/cpu/f32", labels: LABELS, publishedAtMs: capturedAtMs + Math.round(totalMs), orderMs: random() * 4, totalMs, skipped: random() < 0.05 ? { busy: 2 } : {} },
  );
}
