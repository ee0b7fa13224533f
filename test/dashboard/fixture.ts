import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { Gateway } from "../../src/gateway/index.js";
import { encodeJpeg } from "../../src/picture/index.js";
import { frameRecord, published, type FrameRecord, type Published } from "../../src/wire/index.js";
import { context, detected, header } from "../wire/records.js";

/** The source is larger than the picture that is sent, as in life: boxes must be scaled by the source's size. */
export const SOURCE = { widthPx: 1280, heightPx: 720 };
export const JPEG = { widthPx: 320, heightPx: 180 };
/** A frame's number as a colour: six levels a channel, far enough apart to survive JPEG and scaling. */
const LEVELS = 6;
const STEP = 51;
export const WAIT = { timeout: 60_000 };

const colourOf = (frame: number): [number, number, number] => [
  (frame % LEVELS) * STEP,
  (Math.floor(frame / LEVELS) % LEVELS) * STEP,
  (Math.floor(frame / LEVELS ** 2) % LEVELS) * STEP,
];

/** Each frame has its own box. In source pixels. */
export const boxOf = (frame: number): [number, number, number, number] => {
  const [x, y] = [200 + (frame % 50) * 12, 200 + (frame % 30) * 8];
  return [x, y, x + 240, y + 200];
};

async function jpegOf(frame: number): Promise<Buffer> {
  const data = Buffer.alloc(JPEG.widthPx * JPEG.heightPx * 3, Uint8Array.from(colourOf(frame)));
  return encodeJpeg({ ...JPEG, data, channels: 3 }, 90);
}

export const recordOf = (frame: number, stream = "gate"): Published =>
  published(frameRecord(detected(header(frame, { ...SOURCE, stream }), boxOf(frame)), context));

/** A record with objects of the test's own. */
export function recordWith(frame: number, objects: FrameRecord["objects"]): Published {
  return published({ ...(recordOf(frame).record as FrameRecord), objects });
}

export async function sendPicture(gateway: Gateway, frame: number, { lookedAt = true, stream = "gate" } = {}): Promise<void> {
  gateway.publishPicture({ stream, epoch: 1, frame, ptsMs: null, ...JPEG, lookedAt, jpeg: await jpegOf(frame) });
}

/** A picture and its record. */
export async function sendPair(gateway: Gateway, frame: number, stream = "gate"): Promise<void> {
  gateway.publish(recordOf(frame, stream));
  await sendPicture(gateway, frame, { stream });
}

/** What the page shows at one moment: what it says it drew, and what its pixels say. */
export interface Seen {
  readonly frame: number;
  readonly boxes: number[][];
  readonly mark: string;
  /** The colour of the picture's lower right corner, where no box ever is. */
  readonly corner: number[];
  /** Colours across the middle of the left edge of the box it says it drew; none without a box. */
  readonly edge: number[][];
}

/** Runs in the page, in one go: nothing can be drawn between the two looks. */
export function look({ widthPx, heightPx }: typeof SOURCE): Seen | null {
  const drawn = window.sightline.lastDrawn;
  const canvas = drawn?.canvas;
  const pixels = canvas?.getContext("2d");
  if (!drawn || !canvas || !pixels) return null;
  const mark = canvas.parentElement!.querySelector<HTMLElement>(".screen-mark")!;
  const at = (x: number, y: number): number[] => [...pixels.getImageData(Math.round(x), Math.round(y), 1, 1).data].slice(0, 3);
  const scale = Math.min(canvas.width / widthPx, canvas.height / heightPx);
  const [left, top] = [(canvas.width - widthPx * scale) / 2, (canvas.height - heightPx * scale) / 2];
  const box = drawn.boxes[0];
  return {
    frame: drawn.frame,
    boxes: drawn.boxes.map((edges) => [...edges]),
    mark: mark.hidden ? "" : (mark.textContent ?? ""),
    corner: at(left + widthPx * scale - 10, top + heightPx * scale - 10),
    edge: box ? [-1, 0, 1].map((beside) => at(left + box[0]! * scale + beside, top + ((box[1]! + box[3]!) / 2) * scale)) : [],
  };
}

/** Waits until a frame is drawn and looks at it. */
export async function seen(page: Page, frame: number): Promise<Seen> {
  await page.waitForFunction((wanted) => window.sightline.lastDrawn?.frame === wanted, frame, WAIT);
  const now = await page.evaluate(look, SOURCE);
  assert.ok(now);
  return now;
}

export const isNear = (colour: readonly number[], expected: readonly number[], within = STEP / 2): boolean =>
  colour.every((value, i) => Math.abs(value - expected[i]!) < within);
/** Class 2 (car) in the page's palette: #6cb2ff. */
export const CAR_COLOUR = [0x6c, 0xb2, 0xff];

/** The picture is the frame's own, and so is the box, in what the page says and in its pixels. */
export function assertOwn(now: Seen): void {
  assert.ok(isNear(now.corner, colourOf(now.frame)), `frame ${now.frame} shows ${now.corner.join()}, not ${colourOf(now.frame).join()}`);
  assert.deepEqual(now.boxes, now.mark === "" ? [boxOf(now.frame)] : []);
  const hasEdge = now.edge.some((colour) => isNear(colour, CAR_COLOUR));
  assert.equal(hasEdge, now.mark === "", `frame ${now.frame}: at its box's edge is ${now.edge.join(" ")}`);
}

/** A page, and what its console had to complain of. */
export interface OpenedPage {
  readonly page: Page;
  readonly problems: string[];
}

/** Opens the dashboard in a context of its own. `hash` is the view. */
export async function openPage(t: TestContext, browser: Browser, gateway: Pick<Gateway, "url">, options: BrowserContextOptions & { hash?: string } = {}): Promise<OpenedPage> {
  const { hash = "", ...context } = options;
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 }, ...context });
  t.after(() => page.close());
  const problems: string[] = [];
  // What the browser says about our reading of pixels is no problem of the page; a server without logins has no tickets.
  const isOwn = (words: string, url: string): boolean => !words.includes("willReadFrequently") && !url.endsWith("/api/ticket");
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && isOwn(message.text(), message.location().url) && problems.push(message.text()));
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(gateway.url + hash);
  await page.waitForSelector('#connection[data-state="open"]', WAIT);
  return { page, problems };
}

/** Waits until a stream's pictures are asked for, or no longer. */
export async function untilWatched(gateway: Gateway, page: Page, isWatched = true, stream = "gate"): Promise<void> {
  const deadline = performance.now() + WAIT.timeout;
  while (gateway.watchers(stream) > 0 !== isWatched) {
    assert.ok(performance.now() < deadline, `waited for ${stream} to be ${isWatched ? "" : "un"}watched`);
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 10)));
  }
}

/** Opens the dashboard on a stream named gate, and waits until it asks for pictures. */
export async function openGate(t: TestContext, browser: Browser, gateway: Gateway, options: BrowserContextOptions & { hash?: string } = {}): Promise<OpenedPage> {
  const opened = await openPage(t, browser, gateway, options);
  await untilWatched(gateway, opened.page);
  return opened;
}
