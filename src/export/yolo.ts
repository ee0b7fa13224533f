import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { LEAST_POINT_SCORE } from "../core/body.js";
import { outputError } from "../sinks/index.js";
import { classNames, type ClassNames } from "./class-names.js";
import { frameFile } from "./frame-file.js";
import { ringsOf } from "./shapes.js";
import type { ExportFormat, ExportFrame } from "./writer.js";

const LABELS = "labels";
const CLASSES_FILE = "classes.txt";
const DATA_FILE = "data.yaml";
/** Decimals of a share of the picture: a 65536th of a pixel's width at 16 pixels, far finer than the log's tenth of a pixel. */
const DECIMALS = 6;
/** YOLO's word for a point that is there and can be seen. */
const VISIBLE = 2;

/**
 * YOLO's labels: `labels/STREAM/FRAME.txt` for each frame that was looked at, empty where nothing was seen, with a line
 * `class cx cy w h` for each object, as shares of the picture (of a turned box `class x y x y x y x y`, of a mask its outline
 * `class x y x y ...`, of a pose its points behind the box); `classes.txt` and `data.yaml` name the classes.
 */
export const yolo: ExportFormat = {
  kind: "folder",
  isOurs: (name) => [LABELS, CLASSES_FILE, DATA_FILE].includes(name),
  async open(folder) {
    const classes = classNames();
    const made = new Set<string>();
    await makeFolder(join(folder, LABELS));
    return {
      async frame(frame) {
        const path = join(folder, LABELS, `${frameFile(frame)}.txt`);
        if (!made.has(dirname(path))) await makeFolder(dirname(path));
        made.add(dirname(path));
        for (const object of frame.objects) classes.note(object, frame.record.stream);
        await write(path, linesOf(frame));
      },
      async finish(labels) {
        const { names, points, unnamed } = namesOf(classes, labels);
        await write(join(folder, CLASSES_FILE), names.map((name) => `${name}\n`).join(""));
        await write(join(folder, DATA_FILE), dataYaml(names, points));
        return unnamed > 0 ? [`${DATA_FILE} names the classes that were seen; of ${unnamed} before them nothing is known but the number, so they are called class_N`] : [];
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  },
};

const makeFolder = async (path: string): Promise<void> => {
  await mkdir(path, { recursive: true }).catch((thrown: unknown) => {
    throw outputError(thrown, "make", path);
  });
};

const write = async (path: string, text: string): Promise<void> => {
  await writeFile(path, text).catch((thrown: unknown) => {
    throw outputError(thrown, "write", path);
  });
};

function linesOf({ objects, record }: ExportFrame): string {
  const { widthPx, heightPx } = record;
  // Its readers refuse what lies outside the picture, as corners may.
  const share = (value: number, ofPx: number): number => Math.min(1, Math.max(0, value / ofPx));
  return objects
    .map(({ classId, box: [x1, y1, x2, y2], corners, polygon, mask, keypoints = [] }) => {
      const box = [(x1 + x2) / 2 / widthPx, (y1 + y2) / 2 / heightPx, (x2 - x1) / widthPx, (y2 - y1) / heightPx];
      const points = keypoints.flatMap(([x, y, sure]) => [share(x, widthPx), share(y, heightPx), sure >= LEAST_POINT_SCORE ? VISIBLE : 0]);
      // YOLO knows one outline of an object: its largest part's.
      const [ring] = corners ? [corners.flat()] : ringsOf({ ...(polygon && { polygon }), ...(mask && { mask }) }, record);
      const shares = ring ? Array.from(ring, (value, i) => share(value, i % 2 === 0 ? widthPx : heightPx)) : [...box, ...points];
      return `${classId} ${shares.map((value) => (value === VISIBLE ? String(value) : value.toFixed(DECIMALS))).join(" ")}\n`;
    })
    .join("");
}

/** A line's number is the class: those that nobody has named need a name too. */
function namesOf(classes: ClassNames, labels: readonly string[]): { readonly names: readonly string[]; readonly points: number; readonly unnamed: number } {
  const names: string[] = [];
  const known = classes.all(labels);
  for (const [classId, label] of known) {
    while (names.length < classId) names.push(`class_${names.length}`);
    names.push(label.replace(/[\r\n]/g, " "));
  }
  return { names, points: Math.max(0, ...known.map(([, , ofClass]) => ofClass)), unnamed: names.length - known.length };
}

/** JSON's strings are YAML's too. */
const dataYaml = (names: readonly string[], points: number): string => {
  // Without the number of points a pose's labels can't be read.
  return ["path: .", "train: images", "val: images", ...(points > 0 ? [`kpt_shape: [${points}, 3]`] : []), "names:", ...names.map((name, i) => `  ${i}: ${JSON.stringify(name)}`), ""].join("\n");
};
