import { z } from "../core/schema.js";
import { FAMILIES, TASKS } from "../model/index.js";
import { checked, refused } from "./envelope.js";

const LONGEST_NAME = 256;
const LONGEST_ANNOUNCEMENT_BYTES = 8192;
const name = z.string().min(1).max(LONGEST_NAME);

const announcement = z.strictObject({
  v: z.literal(1),
  worker: name.describe("Unique: machine, process and a random end."),
  host: name,
  version: name,
  modelId: name,
  model: z.strictObject({
    sha256: z.string().regex(/^[0-9a-f]{64}$/), family: z.enum(FAMILIES), task: z.enum(TASKS), inputWidthPx: z.int().min(1), inputHeightPx: z.int().min(1), classes: z.int().min(0),
  }),
  runtime: name.describe("What runs the model there: the library."),
  device: name.describe("On what: cpu, cuda, ..."),
  precision: name.describe("In what numbers: f32, bf16, f16."),
  instances: z.int().min(1).max(1024),
  busy: z.int().min(0),
  /** It takes nothing any more. */
  isLeaving: z.boolean(),
});

/** What a worker says of itself, once a second. */
export type Announcement = z.output<typeof announcement>;

/** As JSON. */
export function encodeAnnouncement(said: Announcement): Uint8Array {
  return Buffer.from(JSON.stringify(said));
}

/** @throws PipelineError E_QUEUE_MESSAGE */
export function decodeAnnouncement(message: Uint8Array): Announcement {
  if (message.length > LONGEST_ANNOUNCEMENT_BYTES) throw refused(`an announcement of ${message.length} bytes`);
  let tree: unknown;
  try {
    tree = JSON.parse(Buffer.from(message).toString("utf8"));
  } catch (cause) {
    throw refused("an announcement is no JSON", cause);
  }
  return checked(announcement, tree, "an announcement");
}
