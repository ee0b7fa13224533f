import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { openTestGateway } from "../../gateway/clients.js";
import { requireBrowser } from "../browser.js";
import { compressed } from "../../core/coco-runs.js";
import { CAR_COLOUR, isNear, openGate, recordWith, seen, sendPicture, SOURCE } from "../fixture.js";

/** Classes 0 (person) and 2 (car) in the page's palette. */
const PERSON_COLOUR = [0x57, 0xd6, 0xb4];
/** Frame 0's picture is black: what has colour was drawn. */
const BLACK = [0, 0, 0];
/** How much of a mask's colour covers the picture: 110 of 255. */
const MASK_SHARE = 110 / 255;

/** Colours at points of the source picture; of each the brightest within a pixel, since lines have edges. */
async function coloursAt(page: Page, points: readonly (readonly [number, number])[]): Promise<number[][]> {
  return page.evaluate(({ points: wanted, widthPx, heightPx }) => {
    const { canvas } = window.sightline.lastDrawn!;
    const context = canvas.getContext("2d")!;
    const scale = Math.min(canvas.width / widthPx, canvas.height / heightPx);
    return wanted.map(([x, y]) => {
      const { data } = context.getImageData(Math.round(x * scale) - 1, Math.round(y * scale) - 1, 3, 3);
      const pixels = Array.from({ length: 9 }, (_, i) => [...data.subarray(i * 4, i * 4 + 3)]);
      return pixels.reduce((a, b) => (a[0]! + a[1]! + a[2]! >= b[0]! + b[1]! + b[2]! ? a : b));
    });
  }, { points: points.map(([x, y]) => [x, y] as const), ...SOURCE });
}

test("masks, turned boxes, keypoints and tracks are drawn where the record says, and can be switched off one by one", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const { page, problems } = await openGate(t, browser, gateway);
  const car = { classId: 2, label: "car", score: 0.9 };
  // A mask of a quarter of the picture's size: columns 80 to 159 of 320, rows 0 to 89 of 180, in COCO's runs by hand:
  // 80 columns of 180 outside, then 80 times 90 inside and 90 outside.
  const runs = [80 * 180, ...Array.from({ length: 160 }, () => 90)];
  const person = { classId: 0, label: "person", score: 0.8, box: [900, 400, 1000, 600] as [number, number, number, number] };
  gateway.publish(recordWith(0, [
    { ...car, box: [320, 0, 640, 360], mask: { size: [180, 320], counts: compressed(runs) } },
    { ...person, corners: [[950, 400], [1000, 500], [950, 600], [900, 500]] },
    { ...person, box: [700, 400, 800, 600], keypoints: [[750, 500, 0.9], [750, 560, 0.1]] },
  ]));
  await sendPicture(gateway, 0);
  await seen(page, 0);
  const [inMask, belowMask, onCorner, onUpright, onPoint, onUnsure] = await coloursAt(page, [[480, 180], [480, 500], [975, 450], [900, 590], [750, 500], [750, 560]]);
  assert.ok(isNear(inMask!, CAR_COLOUR.map((level) => level * MASK_SHARE), 8), `in the mask is ${inMask!.join()}`);
  assert.ok(isNear(belowMask!, BLACK, 8), `below the mask is ${belowMask!.join()}`);
  assert.ok(isNear(onCorner!, PERSON_COLOUR, 60), `on the turned box is ${onCorner!.join()}`);
  assert.ok(isNear(onUpright!, BLACK, 8), `on the upright box is ${onUpright!.join()}`);
  assert.ok(isNear(onPoint!, PERSON_COLOUR), `on the point is ${onPoint!.join()}`);
  assert.ok(isNear(onUnsure!, BLACK, 8), `on the unsure point is ${onUnsure!.join()}`);
  for (const key of ["m", "k", "b"]) await page.keyboard.press(key);
  for (const colour of await coloursAt(page, [[480, 180], [975, 450], [750, 500]])) assert.ok(isNear(colour, BLACK, 8), colour.join());
  assert.equal(await page.getAttribute('[data-layer="masks"]', "aria-pressed"), "false");
  for (const key of ["m", "k", "b"]) await page.keyboard.press(key);
  assert.deepEqual(problems, []);
});

test("an outline without a mask is filled, and a classifier's best classes stand in the corner without a frame", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const { page, problems } = await openGate(t, browser, gateway);
  const car = { classId: 2, label: "car", score: 0.9, box: [320, 0, 640, 360] as [number, number, number, number] };
  const classes = [{ classId: 0, label: "person", score: 0.8 }, { classId: 2, label: "car", score: 0.2 }];
  gateway.publish(recordWith(0, [
    { ...car, polygon: [[400, 100, 600, 100, 500, 300]] },
    { classId: 0, label: "person", score: 0.8, box: [0, 0, SOURCE.widthPx, SOURCE.heightPx], classes },
  ]));
  await sendPicture(gateway, 0);
  await seen(page, 0);
  const [inside, outside, corner, edge] = await coloursAt(page, [[500, 200], [420, 280], [4, 4], [SOURCE.widthPx - 3, SOURCE.heightPx / 2]]);
  assert.ok(isNear(inside!, CAR_COLOUR.map((level) => level * MASK_SHARE), 8), `in the outline is ${inside!.join()}`);
  assert.ok(isNear(outside!, BLACK, 8), `beside the outline is ${outside!.join()}`);
  assert.ok(isNear(corner!, PERSON_COLOUR), `in the corner is ${corner!.join()}`);
  assert.ok(isNear(edge!, BLACK, 8), `at the picture's edge is ${edge!.join()}`);
  assert.deepEqual(problems, []);
});

test("a track leaves the way that it has come up to the shown frame", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const { page } = await openGate(t, browser, gateway);
  // Frame 36's picture is of the darkest blue.
  const at = (x: number) => ({ classId: 2, label: "car", score: 0.9, trackId: 17, box: [x, 500, x + 100, 600] as [number, number, number, number] });
  for (const [frame, x] of [[0, 100], [36, 500], [37, 900]] as const) gateway.publish(recordWith(frame, [at(x)]));
  await sendPicture(gateway, 36);
  await seen(page, 36);
  const [behind, ahead] = await coloursAt(page, [[430, 550], [750, 550]]);
  const [red, green, blue] = behind!;
  assert.ok(blue! > 100 && blue! > red! && green! > 40, `on the way is ${behind!.join()}`);
  assert.ok(isNear(ahead!, [0, 0, 51], 8), `where the track will be later is ${ahead!.join()}`);
});

