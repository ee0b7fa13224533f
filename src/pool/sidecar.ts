import { parseSettingsFile, type SettingsFile } from "../config/index.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { z } from "../core/schema.js";
import { FAMILIES, TASKS, type InputLook, type Sidecar } from "../model/index.js";

const side = z.int().positive();
const threeOf = (number: z.ZodNumber) => z.tuple([number, number, number]);

/** What a model wants otherwise than its family. */
const preprocessing = z.strictObject({
  fit: z.enum(["centre", "top-left", "stretch", "centre-crop"]).optional(),
  rounding: z.enum(["half-even", "truncate"]).optional(),
  pad: z.int().min(0).max(255).optional(),
  channels: z.enum(["rgb", "bgr"]).optional(),
  scale: z.union([z.literal(1), z.literal("1/255")]).optional(),
  mean: threeOf(z.number()).optional(),
  std: threeOf(z.number().positive()).optional(),
});

/** The sidecar's keys. Unknown ones are refused: a misspelt key would be ignored in silence. */
const sidecarSchema = z.strictObject({
  family: z.enum(FAMILIES).optional(),
  labels: z.union([z.literal("coco"), z.array(z.coerce.string()).min(1)]).optional(),
  imgsz: z.union([side, z.tuple([side, side])]).optional(),
  task: z.enum(TASKS).optional(),
  kptShape: z.tuple([z.int().positive().max(1000), z.union([z.literal(2), z.literal(3)])]).optional(),
  decoded: z.boolean().optional(),
  preprocessing: preprocessing.optional(),
});

/**
 * Reads the text of a sidecar.
 * @throws PipelineError E_MODEL_SIDECAR with all that is wrong, line by line
 */
export function parseSidecar(text: string, fileName: string): Sidecar {
  const file = readYaml(text, fileName);
  const parsed = sidecarSchema.safeParse(file.tree ?? {});
  if (!parsed.success) {
    const wrong = parsed.error.issues.map(({ path, message }) => {
      const keys = path.filter((key) => typeof key !== "symbol");
      return `${fileName}:${file.locate(keys).line} ${keys.join(".") || "file"}: ${message}`;
    });
    throw new PipelineError("E_MODEL_SIDECAR", wrong.join("\n"));
  }
  const { family = null, task = null, kptShape = null, decoded = null, labels, imgsz, preprocessing: look } = parsed.data;
  return {
    family, task, kptShape, decoded,
    look: look === undefined ? null : lookOf(look),
    labels:
      labels === undefined ? null : labels === "coco" ? { from: "coco" } : { from: "sidecar", labels, name: fileName },
    imgsz: imgsz === undefined ? null : typeof imgsz === "number" ? [imgsz, imgsz] : imgsz,
  };
}

function lookOf({ fit, rounding, pad, channels, scale, mean, std }: z.output<typeof preprocessing>): NonNullable<Sidecar["look"]> {
  const letterbox = { ...(fit && { placement: fit }), ...(rounding && { rounding }), ...(pad !== undefined && { padValue: pad }) };
  const normalisation: InputLook["normalisation"] = mean || std ? { mean: mean ?? [0, 0, 0], std: std ?? [1, 1, 1] } : undefined;
  return {
    ...(Object.keys(letterbox).length > 0 && { letterbox }),
    ...(channels && { channels }),
    ...(scale && { scale: scale === 1 ? 1 : 1 / 255 }),
    ...(normalisation && { normalisation }),
  };
}

function readYaml(text: string, fileName: string): SettingsFile {
  try {
    return parseSettingsFile(text, fileName);
  } catch (cause) {
    throw new PipelineError("E_MODEL_SIDECAR", asPipelineError(cause, "E_MODEL_SIDECAR").message, { cause });
  }
}
