import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { TrueObject } from "../accuracy/index.js";
import { messageOf, PipelineError, systemCodeOf } from "../core/errors.js";
import { z } from "../core/schema.js";
import type { Dataset, DatasetPicture } from "./dataset.js";

const side = z.number().nonnegative();
const id = z.int();

/** What of a COCO file counts here; whatever else stands in it is left aside. */
const cocoSchema = z.object({
  images: z.array(z.object({ id, file_name: z.string().min(1), width: side.optional(), height: side.optional() })),
  annotations: z.array(
    z.object({ image_id: id, category_id: id, bbox: z.tuple([z.number(), z.number(), side, side]), area: side.optional(), iscrowd: z.union([z.literal(0), z.literal(1), z.boolean()]).optional() }),
  ),
  categories: z.array(z.object({ id, name: z.string() })),
});
type Coco = z.infer<typeof cocoSchema>;

/** Most faults that a message tells. */
const MOST_TOLD = 5;

/**
 * Reads a file of COCO's object detection. A crowd is a region, `area` is what sizes go by, and `ignore` is not heeded, all as
 * pycocotools has it.
 * imagesFolder  where the pictures are; null = one of the usual places
 * @throws PipelineError E_DATASET with the place in the file, E_DATASET_MISSING
 */
export async function readCoco(path: string, imagesFolder: string | null): Promise<Dataset> {
  const { images, annotations, categories } = await parsed(path);
  const objects = objectsByImage(path, { images, annotations, categories });
  const folder = imagesFolder === null ? findImages(path, images) : resolve(imagesFolder);
  const pictures = images
    .toSorted((a, b) => a.id - b.id)
    .map(({ id: imageId, file_name, width = 0, height = 0 }): DatasetPicture => ({
      path: join(folder, file_name),
      imageId,
      truth(size) {
        const isAsSaid = width === 0 || height === 0 || (width === size.widthPx && height === size.heightPx);
        if (isAsSaid) return objects.get(imageId) ?? [];
        throw new PipelineError("E_DATASET", `${path}: image ${imageId} is said to be ${width} x ${height}, and ${join(folder, file_name)} is ${size.widthPx} x ${size.heightPx} as it is shown`);
      },
    }));
  const numbers = new Set([...objects.values()].flat().filter(({ ignore }) => !ignore).map(({ classId }) => classId));
  return { kind: "coco", path, classes: categories.toSorted((a, b) => a.id - b.id), numbers: [...numbers].sort((a, b) => a - b), pictures };
}

async function parsed(path: string): Promise<Coco> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new PipelineError("E_DATASET_MISSING", `${path} can't be read (${systemCodeOf(cause)})`, { cause });
  });
  const read = cocoSchema.safeParse(json(text, path));
  if (read.success) return read.data;
  const faults = read.error.issues.map(({ path: keys, message }) => `${path}: ${keys.reduce<string>((place, key) => (typeof key === "number" ? `${place}[${key}]` : place === "" ? String(key) : `${place}.${String(key)}`), "") || "the file"}: ${message}`);
  throw new PipelineError("E_DATASET", told(faults));
}

function json(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = messageOf(cause);
    const at = /position (\d+)/.exec(why)?.[1];
    const before = at === undefined ? [] : text.slice(0, Number(at)).split("\n");
    const place = at === undefined ? "" : `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
    throw new PipelineError("E_DATASET", `${path}${place} is no JSON: ${why}`, { cause });
  }
}

const told = (faults: readonly string[]): string =>
  [...faults.slice(0, MOST_TOLD), ...(faults.length > MOST_TOLD ? [`and ${faults.length - MOST_TOLD} more faults of this kind`] : [])].join("\n");

/** @throws PipelineError E_DATASET when a number names nothing, or two things */
function objectsByImage(path: string, { images, annotations, categories }: Coco): Map<number, TrueObject[]> {
  const faults: string[] = [];
  const objects = new Map<number, TrueObject[]>();
  const classes = new Set<number>();
  images.forEach((image, i) => {
    if (objects.has(image.id)) faults.push(`${path}: images[${i}].id: ${image.id} is the number of another image`);
    objects.set(image.id, []);
  });
  categories.forEach((category, i) => {
    if (classes.has(category.id)) faults.push(`${path}: categories[${i}].id: ${category.id} is the number of another category`);
    classes.add(category.id);
  });
  annotations.forEach(({ image_id, category_id, bbox: [x, y, width, height], area, iscrowd = 0 }, i) => {
    const of = objects.get(image_id);
    if (of === undefined) faults.push(`${path}: annotations[${i}].image_id: there is no image ${image_id}`);
    if (!classes.has(category_id)) faults.push(`${path}: annotations[${i}].category_id: there is no category ${category_id}`);
    of?.push({ classId: category_id, box: [x, y, x + width, y + height], ignore: Boolean(iscrowd), areaPx: area ?? width * height });
  });
  if (faults.length > 0) throw new PipelineError("E_DATASET", told(faults));
  return objects;
}

/** Where COCO's own folders, Roboflow's and others have the pictures: beside the file, or beside the folder of annotations. */
function findImages(path: string, [first]: Coco["images"]): string {
  const folder = dirname(path);
  const split = /(?:^|_)((?:train|val|test)\w*)$/i.exec(basename(path).replace(/\.json$/i, ""))?.[1];
  const splits = split === undefined ? [] : [split, join("images", split)];
  const places = [folder, join(folder, "..")].flatMap((base) => [...splits.map((name) => join(base, name)), join(base, "images"), base]);
  const found = places.find((place) => first !== undefined && existsSync(join(place, first.file_name)));
  if (found !== undefined || first === undefined) return found ?? folder;
  throw new PipelineError("E_DATASET_MISSING", `${path}: its picture ${first.file_name} is in none of ${places.join(", ")}`);
}
