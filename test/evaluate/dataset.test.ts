import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, test } from "node:test";
import { openDataset, type Dataset, type DatasetOptions } from "../../src/evaluate/index.js";
import { temporaryFolder } from "../support/pool.js";

const SIZE = { widthPx: 200, heightPx: 100 };

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const open = (path: string, more: Partial<DatasetOptions> = {}): Promise<Dataset> => openDataset({ path, imagesFolder: null, split: "val", ...more });

const boxes = ({ pictures }: Dataset): unknown[] => pictures.map((picture) => picture.truth(SIZE).map(({ classId, box }) => [classId, ...box.map((value) => Math.round(value * 100) / 100)]));

const YOLO = {
  "data.yaml": "path: .\ntrain: images/train\nval: images/val\nnames:\n  0: cat\n  1: dog\n",
  "images/val/b.jpg": "",
  "images/val/a.png": "",
  "images/val/deep/c.webp": "",
  "images/val/notes.txt": "",
  "labels/val/a.txt": "1 0.5 0.5 0.2 0.4\n\n0 0.1 0.2 0.3 0.2 0.3 0.6 0.1 0.6\n",
  "labels/val/b.txt": "",
};

describe("a YOLO folder", () => {
  test("gives boxes, outlines as boxes, and pictures in which nothing is", async () => {
    const dataset = await open(folderOf(YOLO));
    assert.deepEqual(dataset.classes, [{ id: 0, name: "cat" }, { id: 1, name: "dog" }]);
    assert.deepEqual(dataset.pictures.map(({ path }) => path.split("/").slice(-1)[0]), ["a.png", "b.jpg", "c.webp"]);
    assert.deepEqual(boxes(dataset), [[[1, 80, 30, 120, 70], [0, 20, 20, 60, 60]], [], []]);
  });

  test("is read from a list of pictures, a list of names, another part, and Roboflow's paths", async () => {
    const list = folderOf({ "d.yaml": "test: [list.txt]\nnames: [cat, dog]\n", "list.txt": "./images/x.jpg\n\n", "images/x.jpg": "", "labels/x.txt": "0 .5 .5 1 1" });
    assert.deepEqual(boxes(await open(join(list, "d.yaml"), { split: "test" })), [[[0, 0, 0, 200, 100]]]);
    const roboflow = folderOf({ "data.yaml": "val: ../valid/images\nnc: 1\nnames: ['cat']\n", "valid/images/x.jpg": "", "valid/labels/x.txt": "0 .5 .5 1 1" });
    assert.equal((await open(roboflow)).pictures.length, 1);
  });

  test("without a description counts as the model does, or as classes.txt names", async () => {
    const { "data.yaml": _, ...bare } = YOLO;
    const { classes, numbers } = await open(folderOf(bare));
    assert.deepEqual([classes, numbers], [null, [0, 1]]);
    assert.deepEqual((await open(folderOf({ ...bare, "classes.txt": "cat\ndog\n" }))).classes, [{ id: 0, name: "cat" }, { id: 1, name: "dog" }]);
  });

  test("with points behind the boxes is a pose data set", async () => {
    const pose = { ...YOLO, "data.yaml": `${YOLO["data.yaml"]}kpt_shape: [2, 3]\n`, "labels/val/a.txt": "1 0.5 0.5 0.2 0.4 0.9 0.9 2 0.1 0.1 1" };
    assert.deepEqual(boxes(await open(folderOf(pose)))[0], [[1, 80, 30, 120, 70]]);
  });

  const WRONG: readonly (readonly [what: string, files: Readonly<Record<string, string>>, code: string, words: RegExp])[] = [
    ["a class out of range", { ...YOLO, "labels/val/a.txt": "0 .5 .5 .1 .1\n2 .5 .5 .1 .1" }, "E_DATASET", /labels\/val\/a\.txt:2: the class is 2, and the data set names 2: 0 to 1/],
    ["a class that is no number", { ...YOLO, "labels/val/a.txt": "cat .5 .5 .1 .1" }, "E_DATASET", /a\.txt:1: the class is "cat"/],
    ["pixels instead of shares", { ...YOLO, "labels/val/a.txt": "0 100 50 20 20" }, "E_DATASET", /a\.txt:1: number 2 is 100, expected a share of the picture from 0 to 1/],
    ["a number too few", { ...YOLO, "labels/val/a.txt": "0 .5 .5 .1" }, "E_DATASET", /a\.txt:1: 4 numbers; expected are 5/],
    ["what is no number", { ...YOLO, "labels/val/a.txt": "0 .5 .5 .1 nan" }, "E_DATASET", /a\.txt:1: number 5 is nan/],
    ["no labels at all", { "data.yaml": YOLO["data.yaml"], "images/val/a.png": "" }, "E_DATASET_MISSING", /none of its 1 pictures has labels; those of .*a\.png would be .*labels\/val\/a\.txt/],
    ["a folder that is not there", { "data.yaml": "val: nowhere\nnames: [a]\n" }, "E_DATASET_MISSING", /its pictures are not at .*nowhere/],
    ["no word of the part", { "data.yaml": "train: images\nnames: [a]\n" }, "E_DATASET", /says nothing of val: --split names the part/],
    ["names that are no names", { "data.yaml": "val: images\nnames:\n  a: 1\n" }, "E_DATASET", /data\.yaml:2 names: expected are names/],
    ["broken YAML", { "data.yaml": "val: [\n" }, "E_DATASET", /data\.yaml:2:1 /],
  ];
  for (const [what, files, code, words] of WRONG) {
    test(`is refused for ${what}`, async () => {
      await assert.rejects(open(folderOf(files)), { code, message: words });
    });
  }
});

const COCO = {
  images: [{ id: 9, file_name: "b.jpg", width: 200, height: 100 }, { id: 4, file_name: "a.jpg" }],
  annotations: [{ id: 1, image_id: 9, category_id: 18, bbox: [10, 20, 30, 40], area: 700, iscrowd: 0, segmentation: [] }, { image_id: 9, category_id: 1, bbox: [0, 0, 5, 5], iscrowd: 1 }],
  categories: [{ id: 18, name: "dog", supercategory: "animal" }, { id: 1, name: "person" }],
};
const PICTURES = { "val2017/a.jpg": "", "val2017/b.jpg": "" };
const coco = (change: object, pictures: Readonly<Record<string, string>> = PICTURES): string => folderOf({ ...pictures, "annotations/instances_val2017.json": JSON.stringify({ ...COCO, ...change }) });
const openCoco = (folder: string): Promise<Dataset> => open(join(folder, "annotations", "instances_val2017.json"));

describe("a COCO file", () => {
  test("gives pictures by number, crowds, areas, and finds the pictures where COCO has them", async () => {
    const { classes, numbers, pictures } = await openCoco(coco({}));
    assert.deepEqual([classes?.map(({ id }) => id), numbers], [[1, 18], [18]]);
    assert.deepEqual(pictures.map(({ imageId }) => imageId), [4, 9]);
    assert.deepEqual(pictures[0]?.truth(SIZE), []);
    assert.deepEqual(pictures[1]?.truth(SIZE), [
      { classId: 18, box: [10, 20, 40, 60], ignore: false, areaPx: 700 },
      { classId: 1, box: [0, 0, 5, 5], ignore: true, areaPx: 25 },
    ]);
  });

  test("that says another size than the picture has is refused", async () => {
    const { pictures } = await openCoco(coco({}));
    assert.throws(() => pictures[1]?.truth({ widthPx: 100, heightPx: 200 }), { code: "E_DATASET", message: /image 9 is said to be 200 x 100, and .*b\.jpg is 100 x 200/ });
  });

  const [first] = COCO.annotations;
  const WRONG: readonly (readonly [what: string, folder: () => string, code: string, words: RegExp])[] = [
    ["a box of three numbers", () => coco({ annotations: [first, { ...first, bbox: [1, 2, 3] }] }), "E_DATASET", /\.json: annotations\[1\]\.bbox/],
    ["a negative width", () => coco({ annotations: [{ ...first, bbox: [1, 2, -3, 4] }] }), "E_DATASET", /annotations\[0\]\.bbox\[2\]/],
    ["an image that is not there", () => coco({ annotations: [{ ...first, image_id: 5 }] }), "E_DATASET", /annotations\[0\]\.image_id: there is no image 5/],
    ["a category that is not there", () => coco({ annotations: [{ ...first, category_id: 5 }] }), "E_DATASET", /annotations\[0\]\.category_id: there is no category 5/],
    ["a number of two images", () => coco({ images: [...COCO.images, COCO.images[0]] }), "E_DATASET", /images\[2\]\.id: 9 is the number of another image/],
    ["detections instead of truth", () => folderOf({ "annotations/instances_val2017.json": "[]" }), "E_DATASET", /the file: /],
    ["JSON that is cut off", () => folderOf({ "annotations/instances_val2017.json": '{"images": [],\n "annotations": [1 2]' }), "E_DATASET", /\.json:2:20 is no JSON/],
    ["what is no JSON at all", () => folderOf({ "annotations/instances_val2017.json": "images: oops" }), "E_DATASET", /\.json is no JSON: .*oops/],
    ["no pictures", () => coco({ images: [], annotations: [] }), "E_DATASET", /names no picture/],
    ["pictures that are nowhere", () => coco({}, {}), "E_DATASET_MISSING", /its picture b\.jpg is in none of .*val2017/],
    ["one picture that is missing", () => coco({}, { "val2017/b.jpg": "" }), "E_DATASET_MISSING", /1 of its 2 pictures are not there: .*a\.jpg/],
  ];
  for (const [what, folder, code, words] of WRONG) {
    test(`is refused for ${what}`, async () => {
      await assert.rejects(openCoco(folder()), { code, message: words });
    });
  }
});

test("a path that leads nowhere, and a folder with two descriptions, are told", async () => {
  await assert.rejects(open("/no/such/place"), { code: "E_DATASET_MISSING", message: /was not found/ });
  await assert.rejects(open(folderOf({ "a.yaml": "", "b.yml": "" })), { code: "E_DATASET", message: /holds a\.yaml, b\.yml/ });
});
