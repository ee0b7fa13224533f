import { parseSettingsFile, type SettingsFile } from "../config/index.js";
import { asPipelineError, PipelineError } from "../core/errors.js";
import { z } from "../core/schema.js";
import { FAMILIES, type Sidecar } from "../model/index.js";

const side = z.int().positive();

/** The sidecar's keys. Unknown ones are refused: a misspelt key would be ignored in silence. */
const sidecarSchema = z.strictObject({
  family: z.enum(FAMILIES).optional(),
  labels: z.union([z.literal("coco"), z.array(z.coerce.string()).min(1)]).optional(),
  imgsz: z.union([side, z.tuple([side, side])]).optional(),
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
  const { family = null, labels, imgsz } = parsed.data;
  return {
    family,
    labels:
      labels === undefined ? null : labels === "coco" ? { from: "coco" } : { from: "sidecar", labels, name: fileName },
    imgsz: imgsz === undefined ? null : typeof imgsz === "number" ? [imgsz, imgsz] : imgsz,
  };
}

function readYaml(text: string, fileName: string): SettingsFile {
  try {
    return parseSettingsFile(text, fileName);
  } catch (cause) {
    throw new PipelineError("E_MODEL_SIDECAR", asPipelineError(cause, "E_MODEL_SIDECAR").message, { cause });
  }
}
