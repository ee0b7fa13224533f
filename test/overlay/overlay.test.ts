import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { colourOf } from "../../src/core/class-colours.js";
import { overlayOf, overlaySvg, type Seen } from "../../src/overlay/index.js";
import { rasterise, type RawPicture } from "../../src/picture/index.js";

type Object = Seen["objects"][number];
const SIZE = { widthPx: 200, heightPx: 100 };
const car: Object = { classId: 2, label: "car", score: 0.5, box: [20, 40, 60, 80] };
const seen = (...objects: object[]): Seen => ({ ...SIZE, objects: objects as Object[] });

/** Colour at a point of a drawing over black, as #rrggbb. */
async function colourAt(svg: string, x: number, y: number): Promise<string> {
  const { data, widthPx } = await rasterise(svg, { channels: 3 });
  const at = 3 * (y * widthPx + x);
  return `#${Buffer.from(data.subarray(at, at + 3)).toString("hex")}`;
}

describe("overlaySvg", () => {
  test("draws a box in the colour of its class where it is, at whatever size", async () => {
    assert.equal(await colourAt(overlaySvg(seen(car), SIZE), 40, 80), colourOf(2));
    assert.equal(await colourAt(overlaySvg(seen(car), { widthPx: 400, heightPx: 200 }), 80, 160), colourOf(2));
    assert.equal(await colourAt(overlaySvg(seen(car), SIZE), 40, 65), "#000000");
  });

  test("draws a turned box by its corners, a pose by its sure points, an outline filled", async () => {
    const turned = overlaySvg(seen({ ...car, corners: [[40, 40], [60, 60], [40, 80], [20, 60]] }), SIZE);
    assert.equal(await colourAt(turned, 50, 50), colourOf(2));
    assert.notEqual(await colourAt(turned, 40, 80 - 40 + 25), colourOf(2));
    const pose = overlaySvg(seen({ ...car, keypoints: [[100, 50, 0.9], [150, 50, 0.1]] }), SIZE);
    assert.equal(await colourAt(pose, 100, 50), colourOf(2));
    assert.equal(await colourAt(pose, 150, 50), "#000000");
    const filled = overlaySvg(seen({ ...car, polygon: [[100, 20, 140, 20, 140, 60, 100, 60]] }), SIZE);
    assert.notEqual(await colourAt(filled, 120, 40), "#000000");
  });

  test("joins the seventeen points of a body", async () => {
    const body = Array.from({ length: 17 }, (_, i) => [i === 5 ? 20 : i === 6 ? 180 : 100, 50, i === 5 || i === 6 ? 0.9 : 0] as [number, number, number]);
    assert.equal(await colourAt(overlaySvg(seen({ ...car, box: [0, 0, 1, 1], keypoints: body }), SIZE), 100, 50), colourOf(2));
  });

  test("draws no box of a classifier, but a line for each class", () => {
    const svg = overlaySvg(seen({ ...car, classes: [{ classId: 2, label: "car", score: 0.5 }, { classId: 3, label: "bus", score: 0.25 }] }), SIZE);
    assert.ok(!svg.includes("<polygon"));
    assert.ok(svg.includes(">car 0.50<") && svg.includes(">bus 0.25<"));
  });

  test("draws a label as words, whatever it holds", () => {
    const svg = overlaySvg(seen({ ...car, label: '<image href="file:///etc/passwd"/>&\u0000\ud800' }), SIZE);
    assert.ok(svg.includes("&lt;image href=&quot;file:///etc/passwd&quot;/&gt;&amp;   0.50"), svg);
    assert.ok(!svg.includes("<image"));
  });
});

describe("overlayOf", () => {
  test("tints the pixels of a mask, of another size too, under the lines", () => {
    // COCO: column by column; of 2 x 2 pixels (height, width) the right column. 2 outside, 2 inside: "22".
    const [mask, lines] = overlayOf(seen({ ...car, mask: { size: [2, 2], counts: "22" } }), SIZE) as [RawPicture, string];
    assert.deepEqual([mask.widthPx, mask.heightPx, mask.channels], [200, 100, 4]);
    const pixel = (x: number, y: number): string => Buffer.from(mask.data.subarray(4 * (y * 200 + x), 4 * (y * 200 + x) + 3)).toString("hex");
    assert.deepEqual([pixel(99, 50), pixel(100, 0), pixel(199, 99)], ["000000", colourOf(2).slice(1), colourOf(2).slice(1)]);
    assert.equal(mask.data[3], 0);
    assert.ok(lines.startsWith("<svg"));
  });

  test("has no layer of masks where there are none", () => assert.equal(overlayOf(seen(car), SIZE).length, 1));
});

test("the first two hundred classes have colours of their own, light enough for dark letters", () => {
  const colours = Array.from({ length: 200 }, (_, i) => colourOf(i));
  assert.equal(new Set(colours).size, 200);
  for (const colour of colours) {
    assert.match(colour, /^#[0-9a-f]{6}$/);
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255) ** 2.2);
    // WCAG 2.1: contrast of at least 4.5 to INK, whose own luminance is 0.004.
    assert.ok((0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05) / 0.054 >= 4.5, colour);
  }
});
