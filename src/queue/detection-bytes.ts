import { CORNER_VALUES, POINT_VALUES, type DetectionBatch } from "../core/detections.js";
import { z } from "../core/schema.js";
import { checked, refused } from "./envelope.js";

/*
 * Detections as bytes, little-endian as every machine is that Node and the runtime are built for, one array after the other:
 * boxes (4 float32 an object), scores (float32), class ids (int32), and as far as `parts` says so corners (8 float32), points
 * (3 float32 each), best classes (an int32 and a float32 each), then masks and outlines as JSON.
 */

const MOST_DETECTIONS = 10_000;
const MOST_POINTS = 1000;
const BYTES_PER_OBJECT = 4 * 4 + 4 + 4;

const partWords = z.strictObject({
  corners: z.literal(true).exactOptional(),
  points: z.int().min(1).max(MOST_POINTS).exactOptional(),
  topClasses: z.int().min(1).max(MOST_DETECTIONS).exactOptional(),
  textBytes: z.int().min(1).exactOptional(),
});
const text = z.strictObject({
  masks: z.array(z.string()).exactOptional(),
  polygons: z.array(z.array(z.array(z.number()))).exactOptional(),
});

/** What the words of an answer say of its detections. */
export const detectionWords = { count: z.int().min(0).max(MOST_DETECTIONS), parts: partWords.exactOptional() };
type DetectionWords = { readonly count: number; readonly parts?: z.output<typeof partWords> };

/** Detections as words and bytes. */
export function packDetections({ count, boxes, scores, classIds, corners, keypoints, masks, polygons, topClasses }: DetectionBatch): { readonly words: DetectionWords; readonly bytes: readonly Uint8Array[] } {
  const texts = masks || polygons ? Buffer.from(JSON.stringify({ masks, polygons: polygons?.map((rings) => rings.map((ring) => [...ring])) })) : null;
  const parts = {
    ...(corners && { corners: true as const }),
    ...(keypoints && count > 0 && { points: keypoints.length / count / POINT_VALUES }),
    ...(topClasses && topClasses.perObject > 0 && { topClasses: topClasses.perObject }),
    ...(texts && { textBytes: texts.length }),
  };
  return {
    words: { count, ...(Object.keys(parts).length > 0 && { parts }) },
    bytes: [
      bytesOf(boxes), bytesOf(scores), bytesOf(classIds),
      ...(corners ? [bytesOf(corners)] : []),
      ...(parts.points === undefined || keypoints === undefined ? [] : [bytesOf(keypoints)]),
      ...(parts.topClasses === undefined || topClasses === undefined ? [] : [bytesOf(topClasses.classIds), bytesOf(topClasses.scores)]),
      ...(texts ? [texts] : []),
    ],
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Uint8Array => new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Reads detections of a model with so many classes; 0 = nobody knows how many.
 * @throws PipelineError E_QUEUE_MESSAGE
 */
export function unpackDetections({ count, parts = {} }: DetectionWords, bytes: Uint8Array, classes: number): DetectionBatch {
  const { corners: hasCorners = false, points = 0, topClasses: top = 0, textBytes = 0 } = parts;
  const numbers = count * (BYTES_PER_OBJECT + (hasCorners ? 4 * CORNER_VALUES : 0) + 4 * POINT_VALUES * points + 8 * top);
  if (bytes.length !== numbers + textBytes) throw refused(`an answer of ${bytes.length} bytes for ${count} objects`);
  // A copy of its own (a Buffer's slice is none): the message's memory belongs to the connection, and begins anywhere.
  const own = new Uint8Array(bytes).buffer;
  let at = 0;
  const floats = (each: number): Float32Array => {
    const values = new Float32Array(own, at, each * count);
    if (!values.every(Number.isFinite)) throw refused("an answer with a number that is none");
    at += values.byteLength;
    return values;
  };
  const ids = (each: number): Int32Array => {
    const values = new Int32Array(own, at, each * count);
    if (values.some((id) => id < 0 || (classes > 0 && id >= classes))) throw refused(`an answer with a class that is none of ${classes}`);
    at += values.byteLength;
    return values;
  };
  const [boxes, scores, classIds] = [floats(4), floats(1), ids(1)];
  return {
    count, boxes, scores, classIds,
    ...(hasCorners && { corners: floats(CORNER_VALUES) }),
    ...(points > 0 && { keypoints: floats(POINT_VALUES * points) }),
    ...(top > 0 && { topClasses: { perObject: top, classIds: ids(top), scores: floats(top) } }),
    ...(textBytes > 0 && textsOf(bytes.subarray(numbers), count)),
  };
}

function textsOf(bytes: Uint8Array, count: number): Pick<DetectionBatch, "masks" | "polygons"> {
  const { masks, polygons } = checked(text, parse(bytes), "an answer");
  if ((masks?.length ?? count) !== count || (polygons?.length ?? count) !== count) throw refused(`an answer with masks for other than its ${count} objects`);
  return { ...(masks && { masks }), ...(polygons && { polygons: polygons.map((rings) => rings.map((ring) => Float32Array.from(ring))) }) };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (cause) {
    throw refused("an answer whose masks are no JSON", cause);
  }
}
