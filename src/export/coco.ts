import { createReadStream } from "node:fs";
import { rm } from "node:fs/promises";
import { BODY, BODY_NAMES, BODY_POINTS, LEAST_POINT_SCORE } from "../core/body.js";
import { xywh } from "./boxes.js";
import { classNames, type ClassNames } from "./class-names.js";
import { frameFile } from "./frame-file.js";
import { areaPx } from "./shapes.js";
import { textFile, type TextFile } from "./text-file.js";
import type { ExportFormat, ExportFrame, ExportWriter } from "./writer.js";

/**
 * COCO's object detection format, all streams in one file: an image for each frame that was looked at, an annotation for
 * each object, with its score. All ids count from 1; a category's is its number in the model + 1. Masks are run lengths, or
 * outlines where the log has those alone; of a turned box the corners are its outline. A class that has points names them,
 * those of a body with what joins them.
 */
export const coco: ExportFormat = {
  kind: "file",
  async open(path) {
    const file = await textFile(path);
    // They come mixed and stand one after the other: annotations wait in a file of their own.
    const aside = await textFile(`${path}.annotations`).catch(async (thrown: unknown) => {
      await file[Symbol.asyncDispose]();
      throw thrown;
    });
    await file.write('{"info":{"description":"Detections by sightline","version":"1.0"},"licenses":[],"images":[');
    return cocoWriter(path, file, aside);
  },
};

function cocoWriter(path: string, file: TextFile, aside: TextFile): ExportWriter {
  const classes = classNames();
  let images = 0;
  let annotations = 0;
  return {
    async frame(frame) {
      images += 1;
      await file.write(`${images > 1 ? ",\n" : "\n"}${JSON.stringify(imageOf(frame, images))}`);
      for (const object of frame.objects) {
        classes.note(object, frame.record.stream);
        annotations += 1;
        await aside.write(`${annotations > 1 ? ",\n" : "\n"}${JSON.stringify(annotationOf(object, annotations, images))}`);
      }
    },
    async finish(labels) {
      await aside.end();
      await file.write('\n],"annotations":[');
      for await (const chunk of createReadStream(`${path}.annotations`, "utf8")) await file.write(chunk as string);
      await file.write(`\n],"categories":[${categoriesOf(classes, labels)}\n]}\n`);
      await file.end();
      return [];
    },
    async [Symbol.asyncDispose]() {
      await file[Symbol.asyncDispose]();
      await aside[Symbol.asyncDispose]();
      await rm(`${path}.annotations`, { force: true });
    },
  };
}

function imageOf(frame: ExportFrame, id: number) {
  const { stream, frame: number, ptsMs, capturedAt, widthPx, heightPx } = frame.record;
  const image = { id, width: widthPx, height: heightPx };
  if (frame.picture !== undefined) return { ...image, file_name: frame.picture };
  return { ...image, file_name: `${frameFile(frame)}.jpg`, date_captured: capturedAt, stream, frame: number, pts_ms: ptsMs };
}

function annotationOf(object: ExportFrame["objects"][number], id: number, imageId: number) {
  const { classId, score, box, trackId, corners, keypoints, mask, polygon } = object;
  return {
    id, image_id: imageId, category_id: classId + 1, bbox: xywh(box), area: areaPx(object),
    segmentation: mask ?? polygon ?? (corners ? [corners.flat()] : []), iscrowd: 0, score, ...(trackId !== undefined && { track_id: trackId }),
    ...(keypoints && { keypoints: keypoints.flatMap(([x, y, sure]) => [x, y, sure >= LEAST_POINT_SCORE ? VISIBLE : 0]), num_keypoints: keypoints.filter(([, , sure]) => sure >= LEAST_POINT_SCORE).length }),
  };
}

/** COCO's word for a point that is there and can be seen. */
const VISIBLE = 2;

const categoriesOf = (classes: ClassNames, labels: readonly string[]): string =>
  classes.all(labels).map(([classId, name, points]) => `\n${JSON.stringify({ id: classId + 1, name, supercategory: "", ...(points > 0 && pointsOf(points)) })}`).join(",");

/** COCO counts points from 1 where it joins them. */
const pointsOf = (points: number) =>
  points === BODY_POINTS
    ? { keypoints: BODY_NAMES, skeleton: BODY.map(([a, b]) => [a + 1, b + 1]) }
    : { keypoints: Array.from({ length: points }, (_, i) => `point_${i + 1}`), skeleton: [] };
