import assert from "node:assert/strict";
import { test } from "node:test";
import { published, frameRecord, statsRecord } from "../../../src/wire/index.js";
import { openTestGateway } from "../../gateway/clients.js";
import { CAPTURED_AT_MS, context, header, stats } from "../../wire/records.js";
import { requireBrowser } from "../browser.js";
import { assertOwn, look, openGate, openPage, recordOf, seen, sendPair, sendPicture, SOURCE, untilWatched, WAIT, type Seen } from "../fixture.js";

const GATE = { streams: ["gate"] };

test("each picture is drawn with its own record's boxes, whichever comes first", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway(GATE);
  const { page, problems } = await openGate(t, browser, gateway);
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
  await using gateway = await openTestGateway(GATE);
  const { page } = await openGate(t, browser, gateway);
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
  await using gateway = await openTestGateway(GATE);
  const { page } = await openGate(t, browser, gateway);
  await sendPair(gateway, 0);
  assert.equal((await seen(page, 0)).mark, "");
  gateway.publish(recordOf(1));
  await sendPicture(gateway, 1, { lookedAt: false });
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
  await using gateway = await openTestGateway(GATE);
  const { page, problems } = await openGate(t, browser, gateway, { deviceScaleFactor: 2 });
  const samples: Seen[] = [];
  for (let frame = 0; frame < 200; frame += 1) {
    const lookedAt = frame % 7 !== 3;
    if (frame % 3 === 0) await sendPicture(gateway, frame, { lookedAt });
    if (lookedAt) gateway.publish(recordOf(frame));
    if (frame % 3 === 1) await sendPicture(gateway, frame, { lookedAt });
    const sample = frame % 4 === 0 ? await page.evaluate(look, SOURCE) : null;
    if (sample) samples.push(sample);
  }
  for (const sample of samples) assertOwn(sample);
  const frames = new Set(samples.map(({ frame }) => frame));
  assert.ok(frames.size > 10, `${frames.size} different frames were seen`);
  assert.deepEqual(problems, []);
});

test("on a phone nothing is wider than the screen, the picture is sharp and keeps its shape", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate", "yard"] });
  const { page, problems } = await openGate(t, browser, gateway, { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, isMobile: true, hasTouch: true });
  gateway.publish(published(statsRecord(stats, CAPTURED_AT_MS)));
  await sendPicture(gateway, 0, { lookedAt: false });
  await seen(page, 0);
  const size = await page.evaluate(() => {
    const { canvas } = window.sightline.lastDrawn!;
    return { pixels: canvas.width, cssPx: canvas.clientWidth, shape: canvas.clientWidth / canvas.clientHeight };
  });
  assert.equal(size.pixels, size.cssPx * 3);
  assert.ok(Math.abs(size.shape - 16 / 9) < 0.02, `shape ${size.shape}`);
  for (const hash of ["#/", "#/stream/gate", "#/events", "#/inspector", "#/log"]) {
    await page.evaluate((to) => void (location.hash = to), hash);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(over <= 0, `${hash} is ${over} px wider than a phone`);
  }
  const nav = await page.locator("nav").boundingBox();
  assert.ok(nav && Math.abs(nav.y + nav.height - 844) < 2, "the views are at the lower edge, where a thumb is");
  assert.deepEqual(problems, []);
});

test("figures, causes and classes are shown as the stats record has them, and text is never markup", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const stream = '<img src="/x" onerror="alert(1)">';
  await using gateway = await openTestGateway({ streams: [stream] });
  const { page, problems } = await openPage(t, browser, gateway);
  gateway.publish(published(statsRecord({ ...stats, stream, objects: { car: 120, "<b>bus</b>": 3 } }, CAPTURED_AT_MS)));
  await page.waitForFunction(() => document.querySelector(".figures dd")?.textContent !== "–", undefined, WAIT);
  const view = (await page.innerText(".view-stream")).replace(/\s+/g, " ");
  for (const words of [stream, "live", "in 25.0", "inferred 24.6", "published 24.6", "60 decoded · 50 detected", "13 % dropped", "busy 7", "failed 1"]) {
    assert.ok(view.includes(words), `"${words}" is not in "${view}"`);
  }
  await page.click("#filter-open");
  assert.match(await page.innerText("#filter-classes"), /<b>bus<\/b>\s+car/);
  assert.deepEqual(problems, []);
});

test("the page comes back by itself when the server does, says so meanwhile, and starts from frame 0 again", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const first = await openTestGateway(GATE);
  const { page } = await openGate(t, browser, first);
  await sendPicture(first, 9, { lookedAt: false });
  await seen(page, 9);
  await first[Symbol.asyncDispose]();
  await page.waitForSelector("#banner:not([hidden])", WAIT);
  assert.match(await page.innerText("#banner"), /Not connected to sightline.*(next try in|trying now)/s);
  await page.waitForSelector('.screen-notice:not([hidden]):has-text("last picture")', WAIT);
  await using second = await openTestGateway({ ...GATE, port: Number(new URL(first.url).port) });
  await page.waitForSelector('#connection[data-state="open"]', WAIT);
  await page.waitForSelector("#banner", { ...WAIT, state: "hidden" });
  await untilWatched(second, page);
  await sendPair(second, 0);
  assertOwn(await seen(page, 0));
});

test("sixteen streams are drawn side by side, each with its own pictures, and only those in sight are asked for", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const streams = Array.from({ length: 16 }, (_, i) => `cam-${i + 1}`);
  await using gateway = await openTestGateway({ streams });
  const { page, problems } = await openPage(t, browser, gateway, { viewport: { width: 1600, height: 1100 } });
  await untilWatched(gateway, page, true, "cam-16");
  await page.evaluate(() => {
    const drawn = new Map<string, number>();
    Object.assign(window, { drawn });
    window.addEventListener("sightline:drawn", (event) => {
      const { stream, frame } = (event as CustomEvent<{ stream: string; frame: number }>).detail;
      drawn.set(stream, frame);
    });
  });
  for (const [i, stream] of streams.entries()) await sendPair(gateway, 3 * i, stream);
  await page.waitForFunction((count) => (window as unknown as { drawn: Map<string, number> }).drawn.size === count, 16, WAIT);
  const drawn = await page.evaluate(() => [...(window as unknown as { drawn: Map<string, number> }).drawn]);
  assert.deepEqual(new Map(drawn), new Map(streams.map((stream, i) => [stream, 3 * i])));
  await page.setViewportSize({ width: 420, height: 700 });
  await untilWatched(gateway, page, false, "cam-16");
  assert.equal(gateway.watchers("cam-1"), 1);
  assert.deepEqual(problems, []);
});
