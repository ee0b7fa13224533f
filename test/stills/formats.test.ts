import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import sharp, { type Sharp } from "sharp";
import { overlap } from "../../src/accuracy/index.js";
import { systemClock } from "../../src/core/clock.js";
import { detectLimits } from "../../src/model/index.js";
import { loadModelInfo } from "../../src/pool/index.js";
import { openStills, type SeenStill, type Stills, type StillsOptions } from "../../src/stills/index.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";

const STREET = readFileSync(project("samples", "thread-safety", "street.jpg"));
const folder = temporaryFolder();
const MOST_PIXELS = 10_000_000;
let stills: Stills;

async function open(preprocess: StillsOptions["preprocess"]): Promise<Stills> {
  const { info: model } = await loadModelInfo("builtin", { labels: null });
  const limits = detectLimits(model.labels, { conf: 0.25, iou: 0.45, classes: [], agnostic: false, maxDetections: 300 });
  return openStills({ model, limits, mode: "threads", workers: 2, frameTimeoutMs: 60_000, hangLimitMs: 60_000, mostPixels: MOST_PIXELS, preprocess }, systemClock);
}

before(async () => void (stills = await open("ffmpeg")));
after(() => stills[Symbol.asyncDispose]());

async function see(name: string, picture: Sharp | Buffer): Promise<SeenStill> {
  const path = join(folder, name);
  writeFileSync(path, Buffer.isBuffer(picture) ? picture : await picture.toBuffer());
  return stills.see(path);
}

interface Found {
  readonly classId: number;
  readonly score: number;
  readonly box: readonly number[];
}

const objects = ({ detections: { count, classIds, scores, boxes } }: SeenStill): Found[] =>
  Array.from({ length: count }, (_, i) => ({ classId: classIds[i]!, score: scores[i]!, box: [...boxes.slice(4 * i, 4 * i + 4)] }));

/** What is clearly there in one is there in the other, at the same place. */
const CLEARLY = 0.6;
function assertSame(one: Found[], other: Found[], { iou, score }: { readonly iou: number; readonly score: number }): void {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    const clear = from.filter((object) => object.score >= CLEARLY);
    assert.ok(clear.length >= 8, `${clear.length} clear objects`);
    for (const object of clear) {
      const twin = to.find(({ classId, box }) => classId === object.classId && overlap(box, object.box, false) >= iou);
      assert.ok(twin, `class ${object.classId} at ${object.box.join(" ")} has no twin`);
      assert.ok(Math.abs(twin.score - object.score) <= score, `${twin.score} and ${object.score}`);
    }
  }
}

const EXACT = { iou: 0.999, score: 1e-4 };
const LOSSY = { iou: 0.9, score: 0.12 };

describe("a picture is seen as its PNG is", () => {
  let png: SeenStill;
  before(async () => void (png = await see("street.png", sharp(STREET).png())));

  test("has the size that it is shown at", () => assert.deepEqual([png.widthPx, png.heightPx], [640, 360]));

  const street = (): Sharp => sharp(STREET);
  const FORMATS: readonly (readonly [what: string, name: string, make: () => Sharp, tolerance: typeof LOSSY])[] = [
    ["JPEG", "s.jpg", () => street().jpeg({ quality: 90 }), LOSSY],
    ["WebP", "s.webp", () => street().webp({ quality: 90 }), LOSSY],
    ["WebP without loss", "l.webp", () => street().webp({ lossless: true }), { iou: 0.95, score: 0.05 }],
    ["AVIF", "s.avif", () => street().avif({ quality: 80, effort: 0 }), LOSSY],
    ["TIFF", "s.tiff", () => street().tiff({ compression: "lzw" }), EXACT],
    ["GIF", "s.gif", () => street().gif(), { iou: 0.85, score: 0.2 }],
    ["PNG with transparent parts that are none", "a.png", () => street().ensureAlpha(1).png(), EXACT],
    ["PNG of 16 bits", "16.png", () => street().toColourspace("rgb16").png(), { iou: 0.99, score: 0.02 }],
    ["TIFF in CMYK", "cmyk.tiff", () => street().toColourspace("cmyk").tiff(), { iou: 0.75, score: 0.3 }],
    ["JPEG in CMYK", "cmyk.jpg", () => street().toColourspace("cmyk").jpeg({ quality: 95 }), { iou: 0.75, score: 0.3 }],
    ["JPEG that names what it is not", "jpeg.png", () => street().jpeg({ quality: 90 }), LOSSY],
  ];
  for (const [what, name, make, tolerance] of FORMATS) {
    test(`as ${what}`, async () => assertSame(objects(await see(name, make())), objects(png), tolerance));
  }

  test("as the first frame of a film in GIF or WebP", async () => {
    const first = await sharp(STREET).ensureAlpha().raw().toBuffer();
    const frames = Buffer.concat([first, Buffer.alloc(first.length, 128)]);
    const film = (): Sharp => sharp(frames, { raw: { width: 640, height: 720, channels: 4, pageHeight: 360 } });
    for (const [name, picture] of [["film.gif", film().gif()], ["film.webp", film().webp({ quality: 90 })]] as const) {
      const seen = await see(name, picture);
      assert.deepEqual([seen.widthPx, seen.heightPx], [640, 360]);
      assertSame(objects(seen), objects(png), { iou: 0.85, score: 0.2 });
    }
  });

  test("whichever way the camera was held (EXIF 1 to 8)", async () => {
    // What is stored, so that the turn of each number gives back what is shown: a quarter first, then a mirror.
    const stored: readonly (readonly [quarter: number, mirror: "none" | "flop" | "flip"])[] = [[0, "none"], [0, "flop"], [180, "none"], [0, "flip"], [90, "flop"], [270, "none"], [90, "flip"], [90, "none"]];
    for (const [i, [quarter, mirror]] of stored.entries()) {
      const turned = await sharp(STREET).rotate(quarter).png().toBuffer();
      const raw = mirror === "none" ? turned : await sharp(turned)[mirror]().png().toBuffer();
      const seen = await see(`turned${i + 1}.png`, sharp(raw).withMetadata({ orientation: i + 1 }).png());
      assert.deepEqual([seen.widthPx, seen.heightPx], [640, 360]);
      assertSame(objects(seen), objects(png), { iou: 0.98, score: 0.02 });
    }
  });

  test("by the models' own resize too, whatever the sizes beside each other", async () => {
    await using exact = await open("exact");
    const widths = [640, 320, 1600, 640, 1280];
    const paths = await Promise.all(widths.map(async (width, i) => {
      const path = join(folder, `exact${i}.png`);
      await sharp(STREET).resize(width).png().toFile(path);
      return path;
    }));
    const seen = await Promise.all(paths.map((path) => exact.see(path)));
    assert.deepEqual(seen.map(({ widthPx }) => widthPx), widths);
    for (const one of [seen[0]!, seen[3]!]) assertSame(objects(one), objects(png), { iou: 0.85, score: 0.2 });
    assert.deepEqual(objects(seen[0]!), objects(seen[3]!));
    const large = objects(seen[2]!).map((object) => ({ ...object, box: object.box.map((value) => value / 2.5) }));
    assertSame(large, objects(png), { iou: 0.8, score: 0.2 });
  });

  test("grey in one channel as grey in three", async () => {
    const three = await see("grey3.png", sharp(await sharp(STREET).greyscale().toColourspace("srgb").png().toBuffer()).toColourspace("srgb").png({ palette: false }));
    const one = await see("grey1.png", sharp(STREET).greyscale().toColourspace("b-w").png());
    const jpeg = await see("grey.jpg", sharp(STREET).greyscale().jpeg({ quality: 95 }));
    assert.equal((await sharp(join(folder, "grey1.png")).metadata()).channels, 1);
    assertSame(objects(one), objects(three), { iou: 0.99, score: 0.01 });
    assertSame(objects(jpeg), objects(three), LOSSY);
  });

  test("transparent parts as black ones", async () => {
    const hole = (background: string | { r: number; g: number; b: number; alpha: number }): Promise<Buffer> =>
      sharp({ create: { width: 320, height: 360, channels: 4, background } }).png().toBuffer();
    const clear = await sharp(STREET).ensureAlpha().composite([{ input: await hole({ r: 0, g: 0, b: 0, alpha: 1 }), blend: "dest-out", left: 0, top: 0 }]).png().toBuffer();
    const black = await sharp(STREET).composite([{ input: await hole("#000"), left: 0, top: 0 }]).png().toBuffer();
    const [one, other] = [objects(await see("clear.png", clear)), objects(await see("black.png", black))];
    assert.deepEqual(one, other);
    assert.ok(one.length < png.detections.count);
  });
});

describe("what can't be looked at is refused by code", () => {
  const png = (): Promise<Buffer> => sharp(STREET).png().toBuffer();
  const REFUSED: readonly (readonly [what: string, name: string, make: () => Promise<Buffer> | Buffer, code: string, words: RegExp])[] = [
    ["more pixels than allowed", "bomb.png", () => sharp({ create: { width: 4000, height: 4000, channels: 3, background: "#000" } }).png().toBuffer(), "E_PICTURE_PIXELS", /bomb\.png: 4000 x 4000 = 16 million pixels, allowed are 10 million/],
    ["a size that no file of so few bytes has", "huge.png", async () => withSize(await png(), 0x7fffffff), "E_PICTURE", /huge\.png: /],
    ["no bytes", "empty.jpg", () => Buffer.alloc(0), "E_PICTURE", /empty\.jpg: /],
    ["what is no picture", "text.jpg", () => Buffer.from("hello, world"), "E_PICTURE", /text\.jpg: .*unsupported image format/],
    ["a document", "doc.png", () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), "E_PICTURE", /a picture of the kind svg; read are JPEG, PNG/],
    ["a JPEG that is cut off", "cut.jpg", () => STREET.subarray(0, STREET.length >> 1), "E_PICTURE", /cut\.jpg: /],
    ["a PNG that is cut off", "cut.png", async () => (await png()).subarray(0, 5000), "E_PICTURE", /cut\.png: /],
    ["a PNG with broken bytes", "broken.png", async () => withNoise(await png()), "E_PICTURE", /broken\.png: /],
  ];
  for (const [what, name, make, code, words] of REFUSED) {
    test(`for ${what}`, async () => {
      await assert.rejects(async () => see(name, await make()), { code, message: words });
    });
  }

  test("for a file that is not there, and others go on beside it", async () => {
    const bad = stills.see(join(folder, "nowhere.png"));
    const good = see("good.png", sharp(STREET).png());
    await assert.rejects(bad, { code: "E_PICTURE", message: /nowhere\.png: was not found/ });
    assert.ok((await good).detections.count > 8);
  });
});

/** Says another width in the header, with a wrong checksum as a forger who does not care would leave it. */
function withSize(picture: Buffer, width: number): Buffer {
  const forged = Buffer.from(picture);
  forged.writeUInt32BE(width, 16);
  return forged;
}

function withNoise(picture: Buffer): Buffer {
  return Buffer.from(picture.map((byte, i) => (i > 2000 && i < 4000 ? byte ^ 0x5a : byte)));
}
