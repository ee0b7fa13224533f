import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Gateway } from "../../src/gateway/index.js";
import { encodeJpeg } from "../../src/picture/index.js";
import { frameRecord, published, statsRecord } from "../../src/wire/index.js";
import { CAPTURED_AT_MS, context, detected, header, stats } from "../wire/records.js";
import { requireBrowser } from "./browser.js";
import { openTestGateway } from "../gateway/clients.js";

/** The source is larger than the picture that is sent, as in life: boxes must be scaled by the source's size. */
const SOURCE = { widthPx: 1280, heightPx: 720 };
const JPEG = { widthPx: 320, heightPx: 180 };
/** A frame's number as a colour: six levels a channel, far enough apart to survive JPEG and scaling. */
const LEVELS = 6;
const STEP = 51;
const WAIT = { timeout: 60_000 };

const colourOf = (frame: number): [number, number, number] => [
  (frame % LEVELS) * STEP,
  (Math.floor(frame / LEVELS) % LEVELS) * STEP,
  (Math.floor(frame / LEVELS ** 2) % LEVELS) * STEP,
];

/** Each frame has its own box. In source pixels. */
const boxOf = (frame: number): [number, number, number, number] => {
  const [x, y] = [200 + (frame % 50) * 12, 200 + (frame % 30) * 8];
  return [x, y, x + 240, y + 200];
};

async function jpegOf(frame: number): Promise<Buffer> {
  const data = Buffer.alloc(JPEG.widthPx * JPEG.heightPx * 3, Uint8Array.from(colourOf(frame)));
  return encodeJpeg({ ...JPEG, data, channels: 3 }, 90);
}

const recordOf = (frame: number) => published(frameRecord(detected(header(frame, SOURCE), boxOf(frame)), context));

async function sendPicture(gateway: Gateway, frame: number, lookedAt = true): Promise<void> {
  gateway.publishPicture({ stream: "gate", epoch: 1, frame, ptsMs: null, ...JPEG, lookedAt, jpeg: await jpegOf(frame) });
}

/** What the page shows at one moment: what it says it drew, and what its pixels say. */
interface Seen {
  readonly frame: number;
  readonly boxes: number[][];
  readonly mark: string;
  /** The colour of the picture's lower right corner, where no box ever is. */
  readonly corner: number[];
  /** Colours across the middle of the left edge of the box it says it drew; none without a box. */
  readonly edge: number[][];
}

/** Runs in the page, in one go: nothing can be drawn between the two looks. */
function look(sourceWidthPx: number): Seen | null {
  const drawn = window.sightline.lastDrawn;
  const canvas = document.querySelector("canvas");
  const pixels = canvas?.getContext("2d");
  if (!drawn || !canvas || !pixels) return null;
  const mark = document.querySelector<HTMLElement>(".screen-mark")!;
  const at = (x: number, y: number): number[] => [...pixels.getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3);
  const scale = canvas.width / sourceWidthPx;
  const box = drawn.boxes[0];
  return {
    frame: drawn.frame,
    boxes: drawn.boxes.map((edges) => [...edges]),
    mark: mark.hidden ? "" : (mark.textContent ?? ""),
    corner: at(canvas.width - 10, canvas.height - 10),
    edge: box ? [-1, 0, 1].map((beside) => at(box[0]! * scale + beside, ((box[1]! + box[3]!) / 2) * scale)) : [],
  };
}

async function seen(page: Page, frame: number): Promise<Seen> {
  await page.waitForFunction((wanted) => window.sightline.lastDrawn?.frame === wanted, frame, WAIT);
  const now = await page.evaluate(look, SOURCE.widthPx);
  assert.ok(now);
  return now;
}

const isNear = (colour: readonly number[], expected: readonly number[]): boolean =>
  colour.every((value, i) => Math.abs(value - expected[i]!) < STEP / 2);
/** Class 2 (car) in the page's palette: #6cb2ff. */
const CAR_COLOUR = [0x6c, 0xb2, 0xff];

function assertOwn(now: Seen): void {
  assert.ok(isNear(now.corner, colourOf(now.frame)), `frame ${now.frame} shows ${now.corner.join()}, not ${colourOf(now.frame).join()}`);
  assert.deepEqual(now.boxes, now.mark === "" ? [boxOf(now.frame)] : []);
  const hasEdge = now.edge.some((colour) => isNear(colour, CAR_COLOUR));
  assert.equal(hasEdge, now.mark === "", `frame ${now.frame}: at its box's edge is ${now.edge.join(" ")}`);
}

async function openPage(
  t: TestContext,
  browser: Browser,
  gateway: Gateway,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; problems: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1100, height: 800 }, ...options });
  t.after(() => page.close());
  const problems: string[] = [];
  // What the browser says about our reading of pixels is no problem of the page.
  const isOwn = (words: string): boolean => !words.includes("willReadFrequently");
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && isOwn(message.text()) && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(gateway.url);
  await page.waitForSelector('#connection[data-state="live"]', WAIT);
  while (gateway.watchers("gate") === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
  return { page, problems };
}

test("each picture is drawn with its own record's boxes, whichever comes first", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway();
  const { page, problems } = await openPage(t, browser, gateway);
  for (let frame = 0; frame < 24; frame += 1) {
    const steps = [() => sendPicture(gateway, frame), () => Promise.resolve(gateway.publish(recordOf(frame)))];
    // The record of the frame before, which has no picture, and the one behind must not be taken for this one's.
    if (frame % 2 === 0) steps.reverse();
    for (const step of steps) await step();
    assertOwn(await seen(page, frame));
  }
  assert.deepEqual(problems, []);
});

test("a picture waits for its record, also when other frames' records are there", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway();
  const { page } = await openPage(t, browser, gateway);
  for (const frame of [3, 4, 6]) gateway.publish(recordOf(frame));
  await sendPicture(gateway, 5);
  await sendPicture(gateway, 4);
  assertOwn(await seen(page, 4));
  gateway.publish(recordOf(5));
  assertOwn(await seen(page, 5));
});

test("a frame that was not looked at is shown with a mark and without boxes", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway();
  const { page } = await openPage(t, browser, gateway);
  await sendPicture(gateway, 0);
  gateway.publish(recordOf(0));
  assert.equal((await seen(page, 0)).mark, "");
  gateway.publish(recordOf(1));
  await sendPicture(gateway, 1, false);
  const marked = await seen(page, 1);
  assert.equal(marked.mark, "not looked at");
  assertOwn(marked);
  await sendPicture(gateway, 2);
  const error = { code: "E_INFERENCE_FAILED", message: "NaN" } as const;
  gateway.publish(published(frameRecord({ kind: "failed", header: header(2, SOURCE), error }, context)));
  assert.equal((await seen(page, 2)).mark, "inference failed");
});

test("under a flood of pictures and records every drawing is of one frame", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway();
  const { page, problems } = await openPage(t, browser, gateway, { deviceScaleFactor: 2 });
  const samples: Seen[] = [];
  for (let frame = 0; frame < 200; frame += 1) {
    const lookedAt = frame % 7 !== 3;
    if (frame % 3 === 0) await sendPicture(gateway, frame, lookedAt);
    if (lookedAt) gateway.publish(recordOf(frame));
    if (frame % 3 === 1) await sendPicture(gateway, frame, lookedAt);
    const sample = frame % 4 === 0 ? await page.evaluate(look, SOURCE.widthPx) : null;
    if (sample) samples.push(sample);
  }
  for (const sample of samples) assertOwn(sample);
  const frames = new Set(samples.map(({ frame }) => frame));
  assert.ok(frames.size > 10, `${frames.size} different frames were seen`);
  assert.deepEqual(problems, []);
});

test("the picture is sharp on a dense display and its place keeps the picture's shape", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway();
  const { page } = await openPage(t, browser, gateway, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3 });
  await sendPicture(gateway, 0, false);
  await seen(page, 0);
  const size = await page.evaluate(() => {
    const canvas = document.querySelector("canvas")!;
    return { pixels: canvas.width, cssPx: canvas.clientWidth, shape: canvas.clientWidth / canvas.clientHeight, overflow: document.documentElement.scrollWidth - innerWidth };
  });
  assert.equal(size.pixels, size.cssPx * 3);
  assert.ok(Math.abs(size.shape - 16 / 9) < 0.02, `shape ${size.shape}`);
  assert.ok(size.overflow <= 0, `the page is ${size.overflow} px wider than a phone`);
});

test("figures, causes and classes are shown as the stats record has them, and text is never markup", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway();
  const { page, problems } = await openPage(t, browser, gateway);
  const stream = '<img src="/x" onerror="alert(1)">';
  gateway.publish(published(statsRecord({ ...stats, stream, objects: { car: 120, "<b>bus</b>": 3 } }, CAPTURED_AT_MS)));
  await page.waitForSelector(".card", WAIT);
  const card = (await page.innerText(".card")).replace(/\s+/g, " ");
  for (const words of [stream, "live", "24.6 of 25.0", "46 · 80 ms", "50 of 60", "8 7 busy, 1 failed", "car 120", "<b>bus</b> 3"]) {
    assert.ok(card.includes(words), `"${words}" is not in "${card}"`);
  }
  assert.deepEqual(problems, []);
});

test("the page comes back by itself when the server does, and starts from frame 0 again", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const first = await openTestGateway();
  const { page } = await openPage(t, browser, first);
  await sendPicture(first, 9, false);
  await seen(page, 9);
  await first[Symbol.asyncDispose]();
  await page.waitForSelector('#connection[data-state="lost"]', WAIT);
  await using second = await openTestGateway({ port: Number(new URL(first.url).port) });
  await page.waitForSelector('#connection[data-state="live"]', WAIT);
  while (second.watchers("gate") === 0) await page.evaluate(() => new Promise(requestAnimationFrame));
  await sendPicture(second, 0);
  second.publish(recordOf(0));
  assertOwn(await seen(page, 0));
});
