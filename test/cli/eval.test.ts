import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runCli } from "../support/cli.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

const STREET = project("samples", "thread-safety", "street.jpg");

interface Report {
  readonly pictures: number;
  readonly objects: number;
  readonly mean: Record<string, number | null>;
  readonly classes: readonly { readonly label: string; readonly objects: number; readonly ap50: number }[];
}

interface Written {
  readonly images: readonly object[];
  readonly annotations: readonly { readonly category_id: number; readonly score: number }[];
}

test("what detect has written as truth, eval finds again, as COCO and as YOLO, to the last object", async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "images"));
  for (const name of ["1.jpg", "2.jpg"]) copyFileSync(STREET, join(folder, "images", name));
  const [coco, yolo, save] = ["truth.json", "yolo", "report"].map((name) => join(folder, name)) as [string, string, string];
  const made = await runCli(["detect", join(folder, "images"), "--coco", coco, "--yolo", yolo, "--iou", "0.7"]);
  assert.equal(made.code, 0, made.stderr);
  const { annotations } = JSON.parse(readFileSync(coco, "utf8")) as Written;

  const ofCoco = await runCli(["eval", "--data", coco, "--save", save, "--json"]);
  assert.equal(ofCoco.code, 0, ofCoco.stderr);
  const report = JSON.parse(ofCoco.stdout) as Report;
  assert.deepEqual([report.pictures, report.objects], [2, annotations.length]);
  // The truth is the model's own best guesses: whatever else it guesses is less sure, so nothing is lost.
  assert.deepEqual([report.mean["ap50"], report.mean["ap50to95"], report.mean["ar100"]], [1, 1, 1]);
  assert.match(ofCoco.stderr, /mAP 1\.000, at IoU 0\.50 1\.000: 2 pictures, \d+ objects of 4 classes, in 0:0\d; .*report has the curves/);
  assert.deepEqual(readdirSync(save).sort(), ["confusion.svg", "detections.json", "evaluation.json", "precision-recall.svg"]);
  const found = JSON.parse(readFileSync(join(save, "detections.json"), "utf8")) as { image_id: number; category_id: number }[];
  assert.ok(found.length > annotations.length && found.every(({ image_id, category_id }) => [1, 2].includes(image_id) && category_id >= 1 && category_id <= 4));

  const data = join(folder, "data.yaml");
  writeFileSync(data, `val: ${join(folder, "images")}\nnames: [person, bicycle, car, bus]\n`);
  for (const name of ["1.txt", "2.txt"]) {
    mkdirSync(join(folder, "labels"), { recursive: true });
    copyFileSync(join(yolo, "labels", name), join(folder, "labels", name));
  }
  const ofYolo = await runCli(["eval", "--data", data]);
  assert.equal(ofYolo.code, 0, ofYolo.stderr);
  assert.match(ofYolo.stdout, /^AP {2}IoU 0\.50 to 0\.95 {2}1\.000 /m);
  assert.match(ofYolo.stdout, /^car +\d+ {2}1\.000 {2}/m);

  // A picture that can't be looked at ends it: figures without it would be of another data set.
  writeFileSync(join(folder, "images", "2.jpg"), "no picture");
  const broken = await runCli(["eval", "--data", coco, "--json"]);
  assert.deepEqual([broken.code, broken.stdout], [1, ""]);
  assert.match(broken.stderr, /^sightline: E_PICTURE {2}.*2\.jpg: /m);
});

test("what is missing or foreign is told", async () => {
  assert.match((await runCli(["eval"])).stderr, /E_USAGE {2}--data is missing/);
  assert.match((await runCli(["eval", "--data", "x", "--split", "valid"])).stderr, /E_USAGE {2}--split is "valid"; allowed: train, val, test/);
  const folder = temporaryFolder();
  copyFileSync(STREET, join(folder, "1.jpg"));
  writeFileSync(join(folder, "truth.json"), JSON.stringify({ images: [{ id: 1, file_name: "1.jpg" }], annotations: [], categories: [{ id: 1, name: "drone" }] }));
  const { code, stderr } = await runCli(["eval", "--data", join(folder, "truth.json")]);
  assert.equal(code, 1);
  assert.match(stderr, /E_DATASET_CLASSES {2}the model has no "drone": it has 4 classes \("person", "bicycle", "car", "bus"\), the ground truth 1\. Name the model's classes/);
});
