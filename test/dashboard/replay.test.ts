import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { systemClock } from "../../src/core/clock.js";
import { openReplay } from "../../src/replay/index.js";
import { lines, logFolder, writeLog } from "../replay/logs.js";
import { requireBrowser } from "./browser.js";
import { openPage, WAIT } from "./fixture.js";
import { BITS, writeNumberedClip } from "./numbered-run.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FRAMES = 200;

/** What the page shows: the frame that it says, the number in the pixels of its picture, its box. */
interface Shown {
  readonly frame: number;
  readonly number: number;
  readonly box: readonly number[];
}

/** Runs in the page. The bars are read above the boxes. */
function look(bits: number): Shown | null {
  const drawn = window.sightline.lastDrawn;
  if (!drawn) return null;
  const { canvas, frame, boxes } = drawn;
  const row = canvas.getContext("2d")!.getImageData(0, Math.round(canvas.height * 0.06), canvas.width, 1).data;
  let number = 0;
  for (let bit = 0; bit < bits; bit += 1) if (row[4 * Math.floor(((bit + 0.5) * canvas.width) / bits)]! > 128) number += 2 ** bit;
  return { frame, number, box: boxes[0] ?? [] };
}

async function shows(page: Page, frame: number): Promise<void> {
  await page.waitForFunction((wanted) => window.sightline.lastDrawn?.frame === wanted, frame, WAIT);
  assert.deepEqual(await page.evaluate(look, BITS), { frame, number: frame, box: [frame % 300, 60, 310, 120] });
}

test("the replay is paused, stepped and sought on the page, each picture with its own record's box", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const clip = join(logFolder(t), "gate.mp4");
  await writeNumberedClip(clip, FRAMES, 25);
  const serve = { host: "127.0.0.1", port: 0, pictureFps: 10, pictureWidthPx: 640 };
  await using replay = await openReplay(
    { logs: [writeLog(t, lines(0, FRAMES))], clips: [clip], stream: null, speed: 1, loop: true, from: null, version: "test", serve, source: { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" } },
    { clock: systemClock, signal: new AbortController().signal, notice: () => undefined },
  );
  const { page, problems } = await openPage(t, browser, replay, { colorScheme: "light", bypassCSP: true });
  await page.waitForFunction(() => window.sightline.drawings >= 3, undefined, WAIT);
  const played = await page.evaluate(look, BITS);
  assert.equal(played?.number, played?.frame);
  const toggle = page.locator(".playback .is-main");
  await toggle.click();
  await page.waitForSelector('.playback [aria-label="Go on with the replay"]', WAIT);
  assert.equal(replay.state().state, "paused");
  const slider = page.getByLabel("Position in the recording");
  await slider.fill("4000");
  await shows(page, 100);
  await page.getByLabel("One frame back").click();
  await shows(page, 99);
  await page.locator("body").press("ArrowRight");
  await shows(page, 100);
  await page.locator("body").press("ArrowRight");
  await shows(page, 101);
  await slider.fill("0");
  await shows(page, 0);
  await page.locator("body").press(".");
  await shows(page, 125);
  await page.getByLabel("Speed").selectOption("0.5");
  await page.waitForFunction(() => document.querySelector<HTMLSelectElement>(".playback select")?.value === "0.5", undefined, WAIT);
  assert.match((await slider.getAttribute("aria-valuetext")) ?? "", /^0:05\.0 of 0:07\.9, paused$/);
  assert.equal(await page.innerText(".stream-head .pill"), "paused");
  assert.ok(await page.isHidden(".screen-notice"));
  // Somebody who comes while it is paused sees the same.
  const second = await openPage(t, browser, replay, { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true });
  await shows(second.page, 125);
  assert.ok((await second.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)) <= 0, "not wider than a phone");
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => (window as unknown as { axe: { run(within: string): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run(".playback"));
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`), []);
  const before = await page.evaluate(() => window.sightline.drawings);
  await page.locator("body").press(" ");
  await page.waitForFunction((count) => window.sightline.drawings > count + 2, before, WAIT);
  const going = await page.evaluate(look, BITS);
  assert.equal(going?.number, going?.frame);
  assert.deepEqual([...problems, ...second.problems], []);
});
