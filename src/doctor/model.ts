import { overlap } from "../accuracy/index.js";
import type { DescribedModel } from "../model/index.js";
import { ok, type Finding, type Look } from "./examine.js";

/** One object that the model reported. */
export interface Found {
  readonly label: string;
  readonly box: readonly number[];
}

/** What the pipeline saw in one frame, and how long it took. */
export interface Sight {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly objects: readonly Found[];
  /** What ran the model: library/device/precision. */
  readonly runtime: string;
  /** Opening everything: model loaded and run once in a worker, source open, ms. */
  readonly openMs: number;
  /** From then until the first frame's record was there, ms. */
  readonly firstRecordMs: number;
}

/** A drawn picture and what is in it. */
export interface DrawnPicture {
  /** An image file. */
  readonly path: string;
  /** Objects that a good model finds. */
  readonly truth: readonly Found[];
}

/** An object counts as found with this overlap, as everywhere in the field; the built-in model finds nearly all of them. */
const FOUND_IOU = 0.5;
const LEAST_SHARE_FOUND = 0.8;

/** Whether the model's file can be understood. */
export function modelLook(load: () => Promise<DescribedModel>): Look {
  return {
    name: "model",
    async look() {
      const { info, notices } = await load();
      const detail = `${info.id}: ${info.family}, ${info.inputWidthPx}x${info.inputHeightPx}, ${info.labels.length} classes (${info.labelsFrom})`;
      if (notices.length === 0) return ok(detail);
      return { status: "warn", detail: `${detail}; ${notices.join("; ")}`, next: "give the names with --labels, or a sidecar YAML beside the model" };
    },
  };
}

/**
 * Whether the model runs in the real pipeline, and, when it is the built-in one, whether it finds what is in a picture
 * that we drew. Of another model nothing can be expected there but that it runs.
 */
export function pictureLook(draw: () => Promise<DrawnPicture>, see: (path: string) => Promise<Sight>, isBuiltin: boolean): Look {
  return {
    name: "detection",
    async look() {
      const { path, truth } = await draw();
      const { objects, openMs, runtime } = await see(path);
      const loaded = `model loaded and warm in ${Math.round(openMs)} ms on ${runtime}`;
      if (!isBuiltin) return ok(`${loaded}; ${objects.length} objects reported in a drawn street`);
      return judge(loaded, truth, objects);
    },
  };
}

function judge(loaded: string, truth: readonly Found[], objects: readonly Found[]): Omit<Finding, "name"> {
  const found = truth.filter((one) => objects.some((object) => object.label === one.label && overlap(object.box, one.box, false) >= FOUND_IOU));
  const count = (list: readonly Found[], label: string): number => list.filter((one) => one.label === label).length;
  const labels = [...new Set(truth.map(({ label }) => label))];
  const detail = `${loaded}; in a drawn street found ${labels.map((label) => `${count(found, label)} of ${count(truth, label)} ${label}`).join(", ")}`;
  if (found.length >= LEAST_SHARE_FOUND * truth.length) return ok(detail);
  return { status: "fail", detail, next: "the model or the runtime is not as we delivered it: install sightline again" };
}
