import { isInside, type Polygon } from "../core/area.js";
import { PipelineError } from "../core/errors.js";
import type { Letterbox } from "./letterbox.js";

/** Most labels that an error message lists. */
const LISTED_LABELS = 12;

/** In which form masks are given. */
export const MASK_FORMS = ["rle", "polygon", "both", "none"] as const;
/** One of MASK_FORMS. */
export type MaskForm = (typeof MASK_FORMS)[number];

/** What the operator wants to see. What is left out is not limited. */
export interface DetectLimits extends ObjectLimits {
  /** Score that must be exceeded, 0..1. */
  readonly conf: number;
  /** Scores that must be exceeded by single classes instead, by class id. */
  readonly classConf?: readonly (readonly [classId: number, conf: number])[];
  /** Greatest IoU of two boxes that are both kept, 0..1. */
  readonly iou: number;
  /** Classes to keep; null = all. */
  readonly classIds: readonly number[] | null;
  /** Boxes of different classes suppress each other. */
  readonly agnostic: boolean;
  /** Most objects in one frame. */
  readonly maxDetections: number;
}

/** Limits of where and how large objects are, and what is given of them. */
export interface ObjectLimits {
  /** Only objects that stand in one of these areas: the middle of the box's lower edge counts. */
  readonly regions?: readonly Polygon[];
  /** No objects that stand in one of these. */
  readonly ignore?: readonly Polygon[];
  /** Least and greatest width and height of a box, source px. */
  readonly minBoxPx?: number;
  readonly maxBoxPx?: number;
  /** Default: rle. */
  readonly masks?: MaskForm;
  /** Classes of a classification that are given, best first. Default: 5. */
  readonly topClasses?: number;
}

/** The same as a person writes it: classes by name or number. The settings' section `detect` fits it. */
export interface DetectSettings extends ObjectLimits {
  readonly conf: number;
  readonly classConf?: Readonly<Record<string, number>>;
  readonly iou: number;
  /** Empty = all. */
  readonly classes: readonly (string | number)[];
  readonly agnostic: boolean;
  readonly maxDetections: number;
}

/**
 * Limits for a model with these labels.
 * @throws PipelineError E_CONFIG when the model has no such class, or an area encloses nothing
 */
export function detectLimits(labels: readonly string[], settings: DetectSettings): DetectLimits {
  const { conf, classConf = {}, iou, classes, agnostic, maxDetections, regions = [], ignore = [], minBoxPx = 0, maxBoxPx = ANY_SIZE_PX, masks = "rle", topClasses = DEFAULT_TOP_CLASSES } = settings;
  for (const [key, areas] of Object.entries({ regions, ignore })) {
    const few = areas.findIndex((area) => area.length < LEAST_CORNERS);
    if (few >= 0) throw new PipelineError("E_CONFIG", `detect.${key}[${few}] has ${areas[few]!.length} corners; allowed: ${LEAST_CORNERS} or more, each [x, y] in shares of the picture`);
  }
  const single = Object.entries(classConf).map(([name, least]) => [classIdOf(labels, name, "detect.classConf"), least] as const);
  return {
    conf, iou, agnostic, maxDetections,
    classIds: classes.length === 0 ? null : classes.map((wanted) => classIdOf(labels, wanted, "detect.classes")),
    ...(single.length > 0 && { classConf: single }),
    ...(regions.length > 0 && { regions }),
    ...(ignore.length > 0 && { ignore }),
    ...(minBoxPx > 0 && { minBoxPx }),
    ...(maxBoxPx < ANY_SIZE_PX && { maxBoxPx }),
    ...(masks !== "rle" && { masks }),
    ...(topClasses !== DEFAULT_TOP_CLASSES && { topClasses }),
  };
}

/** Corners of an area. */
const LEAST_CORNERS = 3;
/** Larger than any picture, px. */
const ANY_SIZE_PX = 100_000;
/** Default of `topClasses`: Ultralytics' top5. */
export const DEFAULT_TOP_CLASSES = 5;

/** Names match whatever their case. A model that names no classes takes any number. */
function classIdOf(labels: readonly string[], wanted: string | number, key: string): number {
  const byName = labels.findIndex((label) => label.toLowerCase() === String(wanted).toLowerCase());
  if (byName >= 0) return byName;
  const id = Number(wanted);
  const isId = String(wanted).trim() !== "" && Number.isInteger(id) && id >= 0;
  if (isId && (id < labels.length || labels.length === 0)) return id;
  const more = labels.length > LISTED_LABELS ? `, ... (${labels.length} in all)` : "";
  throw new PipelineError("E_CONFIG", `${key}: the model has no class "${wanted}"; it has ${labels.slice(0, LISTED_LABELS).join(", ") || "no named classes"}${more}`);
}

/** What of a model's candidates is wanted, as a decoder asks. */
export interface Sieve {
  /** No score at or below this is wanted, whatever the class. */
  readonly conf: number;
  /** Whether an object of this class is wanted with this score, which is above `conf`. */
  takes(classId: number, score: number): boolean;
  /** Whether an object is wanted where it is; null = wherever it is. */
  readonly places: ((box: Float32Array, at: number, letterbox: Letterbox) => boolean) | null;
}

/** Makes the sieve of some limits. Scores are compared as float32, strictly above, as the references do. */
export function makeSieve(limits: DetectLimits): Sieve {
  const { classIds, classConf = [] } = limits;
  const wanted = classIds === null ? null : new Set(classIds);
  const usual = Math.fround(limits.conf);
  const single = new Map(classConf.map(([classId, conf]) => [classId, Math.fround(conf)]));
  return {
    conf: Math.min(usual, ...single.values()),
    takes: (classId, score) => (wanted === null || wanted.has(classId)) && score > (single.get(classId) ?? usual),
    places: placesOf(limits),
  };
}

/** box: x1, y1, x2, y2 from `at` on, source px. */
function placesOf({ regions, ignore, minBoxPx = 0, maxBoxPx = Infinity }: ObjectLimits): Sieve["places"] {
  if (regions === undefined && ignore === undefined && minBoxPx === 0 && maxBoxPx === Infinity) return null;
  return (box, at, { sourceWidthPx, sourceHeightPx }) => {
    const [left, top] = [Math.max(0, box[at]!), Math.max(0, box[at + 1]!)];
    const [right, bottom] = [Math.min(sourceWidthPx, box[at + 2]!), Math.min(sourceHeightPx, box[at + 3]!)];
    const [width, height] = [right - left, bottom - top];
    if (!(width >= minBoxPx && height >= minBoxPx && width <= maxBoxPx && height <= maxBoxPx)) return false;
    const [x, y] = [(left + right) / 2 / sourceWidthPx, bottom / sourceHeightPx];
    const standsIn = (area: Polygon): boolean => isInside(area, x, y);
    return (regions === undefined || regions.some(standsIn)) && !(ignore?.some(standsIn) ?? false);
  };
}
