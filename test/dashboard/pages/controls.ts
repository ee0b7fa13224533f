import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { published, stateRecord, statsRecord } from "../../../src/wire/index.js";
import { openTestGateway } from "../../gateway/clients.js";
import { CAPTURED_AT_MS, stats } from "../../wire/records.js";
import { requireBrowser } from "../browser.js";
import { assertOwn, boxOf, CAR_COLOUR, isNear, JPEG, look, openGate, openPage, recordOf, recordWith, seen, sendPair, sendPicture, SOURCE, untilWatched, WAIT } from "../fixture.js";
import type { Gateway } from "../../../src/gateway/index.js";

const GATE = { streams: ["gate"] };

async function shownFrames(page: Page, gateway: Gateway, count: number): Promise<void> {
  for (let frame = 0; frame < count; frame += 1) {
    await sendPair(gateway, frame);
    await seen(page, frame);
  }
}

test("a paused picture stays, stepping goes back through the pairs, and going on shows the newest", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page, problems } = await openGate(t, browser, gateway);
  await shownFrames(page, gateway, 6);
  await page.keyboard.press(" ");
  assert.equal(await page.innerText("#connection"), "paused");
  await sendPair(gateway, 6);
  for (const frame of [4, 3, 2]) {
    await page.keyboard.press("ArrowLeft");
    assertOwn(await seen(page, frame));
  }
  assert.match(await page.innerText(".position"), /paused, 3 back of 5/);
  await page.keyboard.press("ArrowRight");
  assertOwn(await seen(page, 3));
  await page.click('[aria-label="Go on, live"]');
  await sendPair(gateway, 7);
  assertOwn(await seen(page, 7));
  assert.equal(await page.innerText(".position"), "live");
  assert.deepEqual(problems, []);
});

/** Presses something that saves a file, and reads it. */
async function saved(page: Page, press: () => Promise<void>): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent("download", WAIT), press()]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

test("a snapshot is the picture as it came, or with its boxes drawn in at its own size", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page, problems } = await openGate(t, browser, gateway);
  await sendPair(gateway, 11);
  assertOwn(await seen(page, 11));
  const plain = await saved(page, () => page.click('.text-button:has-text("Picture")'));
  assert.equal(plain.name, "gate-1-11.jpg");
  const boxed = await saved(page, () => page.keyboard.press("s"));
  assert.equal(boxed.name, "gate-1-11-boxes.png");
  const { data, info } = await sharp(boxed.bytes).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [JPEG.widthPx, JPEG.heightPx]);
  const [left, top, , bottom] = boxOf(11).map((edge) => Math.round((edge * JPEG.widthPx) / SOURCE.widthPx)) as [number, number, number, number];
  const at = (pixels: Buffer, x: number, y: number): number[] => [...pixels.subarray((y * JPEG.widthPx + x) * 3, (y * JPEG.widthPx + x) * 3 + 3)];
  const middle = Math.round((top + bottom) / 2);
  assert.ok(isNear(at(data, left, middle), CAR_COLOUR), `at the box's edge is ${at(data, left, middle).join()}`);
  const bare = await sharp(plain.bytes).removeAlpha().raw().toBuffer();
  assert.ok(!isNear(at(bare, left, middle), CAR_COLOUR));
  assert.deepEqual(problems, []);
});

test("zooming enlarges picture and boxes together, and zero shows all again", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page } = await openGate(t, browser, gateway);
  await sendPair(gateway, 5);
  await seen(page, 5);
  const canvas = (await page.locator(".screen canvas").boundingBox())!;
  const [x1, y1, , y2] = boxOf(5);
  const pointer = { x: (x1 / SOURCE.widthPx) * canvas.width, y: ((y1 + y2) / 2 / SOURCE.heightPx) * canvas.height };
  await page.mouse.move(canvas.x + pointer.x, canvas.y + pointer.y);
  await page.mouse.wheel(0, -400);
  await page.waitForFunction(() => document.querySelector('.player .text-button')?.textContent === "272 %", undefined, WAIT);
  // The point under the pointer is the box's edge still, and a bit beside it there is only picture.
  const colours = await page.evaluate(({ x, y }) => {
    const pixels = document.querySelector<HTMLCanvasElement>(".screen canvas")!.getContext("2d")!;
    return [-1, 0, 1, 12].map((beside) => [...pixels.getImageData(Math.round(x) + beside, Math.round(y), 1, 1).data].slice(0, 3));
  }, pointer);
  assert.ok(colours.slice(0, 3).some((colour) => isNear(colour, CAR_COLOUR)), colours.join(" "));
  assert.ok(!isNear(colours[3]!, CAR_COLOUR));
  await page.keyboard.press("0");
  assertOwn((await page.evaluate(look, SOURCE))!);
});

test("a filter acts at the server: what is chosen is asked for anew, and pictures keep their records", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const sent: string[] = [];
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => void sent.push(String(payload))));
  await page.goto(gateway.url);
  await untilWatched(gateway, page);
  gateway.publish(published(statsRecord({ ...stats, objects: { car: 120, person: 3 } }, CAPTURED_AT_MS)));
  await page.keyboard.press("f");
  await page.click('label.check:has-text("car")');
  await page.fill("#filter-score", "40");
  const newest = (): { classes?: string[]; minScore?: number } => JSON.parse(sent.findLast((text) => text.includes('"detections"')) ?? "{}") as { classes?: string[] };
  const deadline = performance.now() + WAIT.timeout;
  while (newest().minScore !== 0.4 && performance.now() < deadline) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual([newest().classes, newest().minScore], [["person"], 0.4]);
  assert.equal(await page.getAttribute("#filter-open", "class"), "icon-button is-on");
  const other = { classId: 0, label: "person", score: 0.9, box: [10, 10, 90, 90] as [number, number, number, number] };
  gateway.publish(recordWith(3, [{ ...other, classId: 2, label: "car" }, { ...other, score: 0.3 }, other]));
  await sendPicture(gateway, 3);
  await page.waitForFunction(() => window.sightline.lastDrawn?.frame === 3, undefined, WAIT);
  assert.deepEqual(await page.evaluate(() => window.sightline.lastDrawn!.boxes), [other.box]);
  await page.click("#filter-reset");
  while (newest().minScore !== 0 && performance.now() < deadline) await page.evaluate(() => new Promise(requestAnimationFrame));
  assert.deepEqual([newest().classes, newest().minScore], [undefined, 0]);
});

test("a tab that nobody sees asks for no pictures and draws nothing, and goes on when it is seen", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page } = await openGate(t, browser, gateway);
  await sendPair(gateway, 0);
  await seen(page, 0);
  const turn = (hidden: boolean) => page.evaluate((now) => {
    Object.defineProperty(document, "hidden", { value: now, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
  await turn(true);
  await untilWatched(gateway, page, false);
  const before = await page.evaluate(() => window.sightline.drawings);
  await sendPair(gateway, 1);
  gateway.publish(published(statsRecord({ ...stats, decoded: 4711 }, CAPTURED_AT_MS)));
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  assert.equal(await page.evaluate(() => window.sightline.drawings), before);
  await turn(false);
  await untilWatched(gateway, page);
  await sendPair(gateway, 2);
  assertOwn(await seen(page, 2));
});

test("a stream that is away says why over its last picture and counts down to the next try", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page } = await openGate(t, browser, gateway);
  await sendPair(gateway, 0);
  await seen(page, 0);
  const lost = { state: "reconnecting", epoch: 1, reason: "E_SOURCE_STALLED", message: "silent for 8 s", attempt: 3, retryInMs: 30_000 } as const;
  gateway.publish(published(stateRecord("gate", lost, CAPTURED_AT_MS)));
  // A slow page may have said first that its picture is old.
  await page.waitForSelector('.screen-notice:has-text("silent for 8 s. Try 3 in")', WAIT);
  const countdown = async (): Promise<number> => Number(/silent for 8 s\. Try 3 in (\d+) s/.exec(await page.innerText(".screen-notice"))?.[1]);
  const first = await countdown();
  assert.ok(first > 0 && first <= 30, `${first} s`);
  await page.waitForFunction((before) => !document.querySelector(".screen-notice")!.textContent.includes(`in ${before} s`), first, WAIT);
  assert.ok((await countdown()) < first);
  assert.match(await page.innerText(".screen-notice"), /E_SOURCE_STALLED/);
  assert.match(await page.innerText(".panels .rows"), /reconnecting\s+E_SOURCE_STALLED · silent for 8 s · next try in 30 s/);
});

test("the inspector shows what the socket says, filtered, pausable, as JSON to copy", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page, problems } = await openPage(t, browser, gateway, { hash: "#/inspector", permissions: ["clipboard-read", "clipboard-write"] });
  await untilWatched(gateway, page);
  gateway.publish(recordOf(7));
  gateway.publish(published(statsRecord(stats, CAPTURED_AT_MS)));
  await sendPicture(gateway, 7);
  const rows = page.locator(".messages li");
  await page.click('.chip:has-text("other")');
  await page.waitForFunction(() => document.querySelectorAll(".messages li button").length === 3, undefined, WAIT);
  assert.match((await rows.allInnerTexts()).join("\n"), /video.*stats.*frame\s+gate\s+1 \/ 7 · 1 objects/s);
  await page.click('.chip:has-text("stats")');
  await page.click('.chip:has-text("video")');
  await page.waitForFunction(() => document.querySelectorAll(".messages li button").length === 1, undefined, WAIT);
  await rows.locator("button").click();
  assert.deepEqual(JSON.parse(await page.innerText("pre")), recordOf(7).record);
  await page.click("text=Copy as JSON");
  await page.waitForSelector("text=Copied", WAIT);
  assert.deepEqual(JSON.parse(await page.evaluate(() => navigator.clipboard.readText())), recordOf(7).record);
  await page.click(".view-head .text-button");
  gateway.publish(recordOf(8));
  await page.fill('input[type="search"]', "gate");
  assert.equal(await rows.count(), 1, "paused");
  assert.deepEqual(problems, []);
});
