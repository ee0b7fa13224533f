import type { Figures } from "../accuracy/index.js";
import { counted } from "../core/counted.js";
import type { Evaluation } from "../evaluate/index.js";
import { minutes } from "./render-text.js";

const MS_PER_S = 1000;

/** How far an evaluation is: pictures, share, rate, time left. Pure. */
export function evaluatingText(done: number, all: number, elapsedMs: number): string {
  const fps = elapsedMs > 0 ? (MS_PER_S * done) / elapsedMs : 0;
  const left = fps > 0 ? `  ETA ${minutes((all - done) / fps)}` : "";
  return `${done}/${all} pictures  ${Math.floor((100 * done) / Math.max(1, all))}%  ${fps.toFixed(1)} pictures/s${left}`;
}

/** The last line. Pure. */
export function evaluatedText({ pictures, objects, accuracy: { mean, classes } }: Evaluation, elapsedMs: number, saved: string | null): string {
  const where = saved === null ? "" : `; ${saved} has the curves, the confusion matrix and the report`;
  const what = `${counted(pictures, "picture")}, ${counted(objects, "object")} of ${classes.length} ${classes.length === 1 ? "class" : "classes"}`;
  return `mAP ${share(mean.ap50to95)}, at IoU 0.50 ${share(mean.ap50)}: ${what}, in ${minutes(elapsedMs / MS_PER_S)}${where}`;
}

const share = (value: number): string => (Number.isNaN(value) ? "-" : value.toFixed(3));

/** The twelve figures as COCO has them, and a line for each class. Pure. */
export function evaluationTable({ accuracy: { mean, classes }, curves }: Evaluation, labels: readonly string[]): string {
  const best = new Map(curves.map((curve) => [curve.classId, curve.best]));
  const rows = classes.map((one) => {
    const { score = NaN, precision = NaN, recall = NaN } = best.get(one.classId) ?? {};
    return [labels[one.classId] ?? String(one.classId), String(one.objectCount), ...[one.ap50to95, one.ap50, one.ap75, one.ar100, precision, recall, score].map(share)];
  });
  return [
    ...table([["", "all", "small", "medium", "large"], ...means(mean)]),
    "",
    ...table([["class", "objects", "AP", "AP 0.50", "AP 0.75", "AR 100", "precision", "recall", "at score"], ...rows]),
    "",
    "AP: average precision over IoU 0.50 to 0.95. AR: average recall with so many detections a picture. The last three: where F1 at IoU 0.50 is best.",
  ].join("\n");
}

function means(mean: Figures): string[][] {
  return [
    ["AP  IoU 0.50 to 0.95", mean.ap50to95, mean.apSmall, mean.apMedium, mean.apLarge],
    ["AP  IoU 0.50", mean.ap50],
    ["AP  IoU 0.75", mean.ap75],
    ["AR  best 100", mean.ar100, mean.arSmall, mean.arMedium, mean.arLarge],
    ["AR  best 10", mean.ar10],
    ["AR  best 1", mean.ar1],
  ].map((row) => row.map((cell) => (typeof cell === "number" ? share(cell) : cell)));
}

/** The first column to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  return rows.map((row) => row.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]!) : cell.padStart(widths[c]!))).join("  ").trimEnd());
}
