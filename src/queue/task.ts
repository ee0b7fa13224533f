import { z } from "../core/schema.js";
import { MASK_FORMS } from "../model/index.js";
import { taskLimits, type TaskLimits, type WorkerTask } from "../pool/index.js";
import { checked, overheadOf, refused, seal, unseal } from "./envelope.js";
import { answersSubject, partsSubject, SESSION_NAME, type ModelTraits } from "./subjects.js";

/** How a frame's bytes stand for its pixels. raw = planes G, B, R of its rows, as they lie in the slot; jpeg = with a loss. */
export type FrameEncoding = "raw" | "jpeg";

/** Larger pictures than any camera's or model's; a bound for what comes from the network. */
const MOST_PX = 65_535;
const MOST_DETECTIONS = 10_000;
/** Of an area. */
const MOST_CORNERS = 1000;

const px = z.int().min(0).max(MOST_PX);
/** Below 0 where a picture goes beyond the input. */
const offset = z.int().min(-MOST_PX).max(MOST_PX);
const side = z.int().min(1).max(MOST_PX);
const share = z.number().min(0).max(1);
const area = z.array(z.tuple([share, share])).min(3).max(MOST_CORNERS);

const taskWords = z.strictObject({
  session: z.string().regex(SESSION_NAME),
  task: z.int().min(0),
  encoding: z.enum(["raw", "jpeg"]),
  totalBytes: z.int().min(1),
  letterbox: z.strictObject({
    scaleX: z.number().gt(0).lt(MOST_PX), scaleY: z.number().gt(0).lt(MOST_PX), leftPx: offset, topPx: offset, contentWidthPx: side, contentHeightPx: side,
    inputWidthPx: side, inputHeightPx: side, sourceWidthPx: side, sourceHeightPx: side,
  }),
  rows: z.strictObject({ topPx: px, heightPx: side }),
  limits: z.strictObject({
    conf: share, iou: share, classIds: z.array(z.int().min(0)).nullable(), agnostic: z.boolean(), maxDetections: z.int().min(1).max(MOST_DETECTIONS),
    classConf: z.array(z.tuple([z.int().min(0), share])).exactOptional(),
    regions: z.array(area).exactOptional(), ignore: z.array(area).exactOptional(),
    minBoxPx: z.number().min(0).exactOptional(), maxBoxPx: z.number().min(0).exactOptional(),
    masks: z.enum(MASK_FORMS).exactOptional(), topClasses: z.int().min(1).max(MOST_DETECTIONS).exactOptional(),
  }),
});

/** A frame on its way to a worker. */
export interface QueueTask {
  /** Who has sent it. */
  readonly session: string;
  /** Counted by its session. */
  readonly task: number;
  readonly encoding: FrameEncoding;
  /** Of the whole frame: 3 x rows.heightPx x input width, or the length of the JPEG. */
  readonly totalBytes: number;
  readonly letterbox: WorkerTask["letterbox"];
  readonly rows: WorkerTask["rows"];
  readonly limits: TaskLimits;
}

/** A task as it arrived: where its answer goes, and the first of its bytes. */
export interface ArrivedTask extends QueueTask {
  readonly answersTo: string;
  readonly partsFrom: string;
  /** All of the frame, or as much as one message takes. */
  readonly first: Uint8Array;
}

/** Makes the message of a task: as many of the frame's bytes as `mostBytes` allow. */
export function encodeTask(task: QueueTask, frame: Uint8Array, mostBytes: number): Uint8Array {
  const { limits: { key: _, ...limits }, ...rest } = task;
  const words = { ...rest, limits };
  const room = Math.max(1, mostBytes - overheadOf(words));
  return seal("SLT1", words, frame.length <= room ? frame : frame.subarray(0, room));
}

/**
 * Reads a task for this model.
 * @throws PipelineError E_QUEUE_MESSAGE
 */
export function decodeTask(message: Uint8Array, model: ModelTraits): ArrivedTask {
  const { words, bytes: first } = unseal("SLT1", message);
  const { limits, ...task } = checked(taskWords, words, "a task");
  checkSize(task, first, model);
  if (model.classes > 0 && limits.classIds?.some((id) => id >= model.classes)) throw refused(`a task asks for class ${Math.max(...limits.classIds)}, the model has ${model.classes}`);
  return { ...task, limits: taskLimits(limits), answersTo: answersSubject(task.session), partsFrom: partsSubject(task.session), first };
}

function checkSize({ letterbox, rows, encoding, totalBytes }: Omit<z.output<typeof taskWords>, "limits">, first: Uint8Array, { inputWidthPx, inputHeightPx }: ModelTraits): void {
  if (letterbox.inputWidthPx !== inputWidthPx || letterbox.inputHeightPx !== inputHeightPx) {
    throw refused(`a task for ${letterbox.inputWidthPx}x${letterbox.inputHeightPx}, the model's input is ${inputWidthPx}x${inputHeightPx}`);
  }
  if (rows.topPx + rows.heightPx > inputHeightPx) throw refused(`a task with rows ${rows.topPx} + ${rows.heightPx} of ${inputHeightPx}`);
  const raw = 3 * inputWidthPx * rows.heightPx;
  // A JPEG of noise at full quality may be larger than the pixels, but not twice as large.
  if (encoding === "raw" ? totalBytes !== raw : totalBytes > 2 * raw + MOST_PX) throw refused(`a task of ${totalBytes} bytes for ${raw} pixel values`);
  if (first.length === 0 || first.length > totalBytes) throw refused(`a task brings ${first.length} of ${totalBytes} bytes`);
}
