import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import sharp from "sharp";
import { runCli } from "../support/cli.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

const STREET = project("samples", "thread-safety", "street.jpg");

/** a/street.jpg, b/street.png (the same at half the size), b/broken.jpg. */
async function photos(): Promise<string> {
  const folder = temporaryFolder();
  for (const name of ["a", "b"]) mkdirSync(join(folder, name));
  copyFileSync(STREET, join(folder, "a", "street.jpg"));
  await sharp(STREET).resize(320).png().toFile(join(folder, "b", "street.png"));
  writeFileSync(join(folder, "b", "broken.jpg"), readFileSync(STREET).subarray(0, 5000));
  return folder;
}

interface Line {
  readonly file: string;
  readonly widthPx: number;
  readonly objects: readonly { readonly label: string; readonly box: readonly number[] }[];
  readonly error?: { readonly code: string };
}

describe("sightline detect", () => {
  test("looks at all but the broken, draws, labels, and says so by its status", async () => {
    const folder = await photos();
    const [save, coco, yolo] = ["seen", "coco.json", "yolo"].map((name) => join(folder, name)) as [string, string, string];
    const args = ["detect", join(folder, "a"), join(folder, "**", "*.{jpg,png}"), join(folder, "none.jpg"), "--save", save, "--coco", coco, "--yolo", yolo, "--classes", "person,car"];
    const { code, stdout, stderr } = await runCli([...args, "--jsonl", "--workers", "2"]);
    assert.equal(code, 1, stderr);
    const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line) as Line);
    assert.deepEqual(lines.map(({ file, error }) => [file.slice(folder.length + 1), error?.code]), [
      ["none.jpg", "E_SOURCE_MISSING"], ["a/street.jpg", undefined], ["b/broken.jpg", "E_PICTURE"], ["b/street.png", undefined],
    ]);
    assert.match(stderr, /E_PICTURE {2}.*broken\.jpg: /);
    assert.match(stderr, /4 pictures, 2 of them could not be looked at; \d+ objects; [\d.]+ pictures\/s with 2 threads/);
    const [, whole, , half] = lines as [Line, Line, Line, Line];
    assert.ok(whole.objects.length > 8);
    assert.deepEqual([whole.widthPx, half.widthPx], [640, 320]);

    // Drawn at their own size; the ground of a label is there.
    const drawn = sharp(join(save, "a", "street.jpg"));
    assert.equal((await drawn.metadata()).width, 640);
    const [before, after] = await Promise.all([sharp(STREET).raw().toBuffer(), drawn.raw().toBuffer()]);
    assert.ok(before.filter((value, i) => Math.abs(value - after[i]!) > 60).length > 3000);
    assert.ok(existsSync(join(save, "b", "street.png")) && !existsSync(join(save, "b", "broken.jpg.part")));

    const { images, annotations, categories } = JSON.parse(readFileSync(coco, "utf8")) as { images: { file_name: string }[]; annotations: unknown[]; categories: { id: number; name: string }[] };
    // All that the model has, seen or not: the same numbers name the same classes in whatever is made of other pictures.
    assert.deepEqual(categories.map(({ id, name }) => [id, name]), [[1, "person"], [2, "bicycle"], [3, "car"], [4, "bus"]]);
    assert.equal(readFileSync(join(yolo, "classes.txt"), "utf8"), "person\nbicycle\ncar\nbus\n");
    assert.deepEqual(images.map(({ file_name }) => file_name), ["a/street.jpg", "b/street.png"]);
    assert.equal(annotations.length, whole.objects.length + half.objects.length);
    assert.equal(readFileSync(join(yolo, "labels", "b", "street.txt"), "utf8").trimEnd().split("\n").length, half.objects.length);
  });

  test("says in words what is there, and nothing is wrong", async () => {
    const { code, stdout, stderr } = await runCli(["detect", STREET, "--conf", "0.6", "--classes", "car,bus"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /street\.jpg {2}640x360 {2}\d car, 1 bus\n$/);
  });

  test("--strict ends at the first bad one with its code, and so does a lone name that leads nowhere", async () => {
    const folder = await photos();
    const strict = await runCli(["detect", join(folder, "b"), "--strict", "--json"]);
    assert.equal(strict.code, 1);
    assert.match(strict.stderr, /sightline: E_PICTURE {2}/);
    assert.equal(strict.stdout, "");
    assert.match((await runCli(["detect", join(folder, "none.jpg")])).stderr, /^sightline: E_SOURCE_MISSING {2}/);
  });

  test("writes over nothing that it was not told to, and never over the pictures", async () => {
    const folder = await photos();
    const a = join(folder, "a");
    const over = await runCli(["detect", join(a, "street.jpg"), "--save", a, "--force"]);
    assert.match(over.stderr, /^sightline: E_USAGE {2}--save .* would write over .*street\.jpg itself/);
    assert.match((await runCli(["detect", join(a, "street.jpg"), "--save", folder])).stderr, /^sightline: E_OUT_EXISTS {2}/);
    copyFileSync(STREET, join(a, "street.png"));
    assert.match((await runCli(["detect", a, "--yolo", join(folder, "y")])).stderr, /E_USAGE {2}street\.jpg and street\.png would both have their labels in street\.txt/);
  });
});
