import { OUTCOMES, SKIP_CAUSES } from "../../core/frame.js";
import { z } from "../../core/schema.js";
import { frameRecordSchema, statsRecordSchema } from "../../wire/index.js";
import { PROBLEM_TYPE } from "../problem.js";

/** Widest picture that is made, px. */
const WIDEST_PX = 1920;
/** Narrowest, px. */
const NARROWEST_PX = 64;
/** How far back figures are kept, s. */
export const HISTORY_S = 600;

const jsonObject = z.record(z.string(), z.unknown());

/** An error, RFC 9457. */
const problemSchema = z
  .object({
    type: z.string().describe("urn:sightline:error: and the code."),
    title: z.string().describe("What such an error means."),
    status: z.int().min(400).max(599),
    detail: z.string().describe("What was seen, against what was allowed. Holds no secrets."),
    code: z.string().regex(/^E_[A-Z0-9_]+$/).describe("Code of the error; the README lists them."),
    faults: z
      .array(z.object({ where: z.string(), detail: z.string() }))
      .exactOptional()
      .describe("Each thing that is wrong with the request, and where."),
  })
  .describe("An error as RFC 9457 says.")
  .meta({ id: "Problem" });

/** A stream. */
export const streamSchema = z
  .object({
    name: z.string(),
    settings: jsonObject.describe("What it was told, everything decided, no secret in it. May be changed and sent back."),
    required: z.boolean(),
    reordering: z.int().nonnegative().describe("Frames that have ended and wait for an earlier one."),
    stats: statsRecordSchema,
  })
  .describe("A stream, what it was told and how it does.")
  .meta({ id: "Stream" });

/** All streams that the asker may see. */
export const streamsSchema = z.object({ streams: z.array(streamSchema) });

/** The newest record of a stream. */
export const latestSchema = z.object({
  stream: z.string(),
  frame: frameRecordSchema.nullable().describe("null when there was none yet."),
  seen: frameRecordSchema.exactOptional().describe("Where `frame` is still: the one whose objects are still there."),
});

/** What a stream's motion gate sees. */
export const gateViewSchema = z.object({
  stream: z.string(),
  gate: z
    .object({
      frame: z.int().describe("The newest frame that it saw."),
      verdict: z.enum(["unsure", "moving", "holding", "due", "still"]).describe("unsure = it does not know the scene yet; holding = something moved not long ago; due = nothing was looked at for long; still = the frame is not looked at. The others are."),
      columns: z.int(),
      rows: z.int(),
      cells: z.string().describe("A digit for each cell, row by row: 0 quiet, 1 changed but not in motion, 2 moving, 3 not looked at."),
      widthShare: z.number().describe("How much of the picture's width the cells cover, from the left."),
      heightShare: z.number().describe("The same of its height, from above."),
    })
    .nullable()
    .describe("null where there is no gate, or it has seen no frame."),
});

/** A stream's figures over the last minutes. */
export const statsHistorySchema = z.object({
  stream: z.string(),
  periodMs: z.int().describe("About how far apart they are."),
  samples: z
    .array(
      z.object({
        at: z.string().describe("Time of day, ISO 8601 in UTC."),
        state: z.string(),
        decoded: z.int(),
        outcomes: z.object(Object.fromEntries(OUTCOMES.map((kind) => [kind, z.int()]))),
        skipped: z.object(Object.fromEntries(SKIP_CAUSES.map((cause) => [cause, z.int()]))),
        inHouse: z.int(),
        fps: z.object({ in: z.number(), out: z.number() }),
        latencyMs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
      }),
    )
    .describe("Oldest first. Counts are of the stream's whole life."),
});

/** Models that are open. */
export const modelsSchema = z.object({
  models: z.array(
    z.object({
      id: z.string().describe("File name and the start of its SHA-256."),
      family: z.string(),
      inputWidthPx: z.int(),
      inputHeightPx: z.int(),
      labels: z.array(z.string()),
      workers: z.int().describe("Threads that run it."),
      isWarm: z.boolean().describe("Whether every thread has loaded it and run it once."),
      busy: z.int().describe("Tasks that are out."),
      capacity: z.int().describe("How many could be."),
      runtime: z.string().nullable().describe("Library that runs it: onnxruntime or openvino; null until it is loaded."),
      precision: z.string().nullable().describe("In what numbers it is counted: f32, bf16, f16; null until it is loaded."),
      device: z.string().nullable().describe("What runs it: cpu, cuda, and so on; cpu+cuda where its workers differ; null until it is loaded."),
      replaced: z.record(z.string(), z.number()).describe("Workers that were lost and replaced since it is open, by cause. Mode processes; else all 0."),
    }),
  ),
});

/** Everything that was decided, without secrets. */
export const settingsSchema = jsonObject;

/** Which program this is. */
export const versionSchema = z.object({ name: z.literal("sightline"), version: z.string(), node: z.string() });

/** A stream in the path. */
export const nameParams = z.object({ name: z.string().min(1).describe("Name of the stream.") });
/** A new stream in the path. */
export const newNameParams = z.object({
  name: z.string().regex(/^(?!__proto__$)[A-Za-z0-9._-]{1,64}$/).describe('1 to 64 letters, digits, ".", "_" and "-".'),
});
/** Whether to keep a change. */
export const persistQuery = z.strictObject({
  persist: z.enum(["true", "false"]).default("false").describe("Whether the change is written into the settings file too."),
});
/** What a picture should look like. */
export const pictureQuery = z.strictObject({
  boxes: z.enum(["0", "1"]).default("0").describe("1 = with the boxes that were found in this frame."),
  width: z.coerce
    .number()
    .int()
    .min(NARROWEST_PX)
    .max(WIDEST_PX)
    .exactOptional()
    .describe("Width, px; the picture is never enlarged. Left out = as it is."),
});
/** How far to look back. */
export const historyQuery = z.strictObject({
  seconds: z.coerce.number().int().min(1).max(HISTORY_S).default(HISTORY_S).describe("How far back."),
});

/** The answer of a route that gives JSON. */
export const json = <T extends z.ZodType>(status: number, schema: T, description: string) => ({
  [status]: { description, content: { "application/json": { schema } } },
});

/** The errors that a route may answer with; every one may also end in one of those that are not its own. */
export const problems = (...statuses: readonly number[]) =>
  Object.fromEntries(
    [...new Set([...statuses, 400, 401, 403, 414, 429, 503])].map((status) => [status, { description: PROBLEM_WORDS[status] ?? "", content: { [PROBLEM_TYPE]: { schema: problemSchema } } }]),
  );

const PROBLEM_WORDS: Readonly<Record<number, string>> = {
  400: "The request is not understood.",
  401: "A token is missing or wrong.",
  403: "The token does not allow this.",
  404: "There is no such stream, or it may not be seen.",
  409: "It does not fit to what there is now.",
  413: "The body is too long.",
  414: "The address is too long.",
  415: "The body is of a kind that is not read here.",
  429: "Too many requests.",
  503: "Not now; ask again later.",
};
