import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Browser } from "playwright-core";
import { systemClock } from "../../src/core/clock.js";
import { encodeJpeg } from "../../src/picture/index.js";
import { frameRecord, published, statsRecord } from "../../src/wire/index.js";
import { openTestGateway } from "../gateway/clients.js";
import { context, detected, header, stats } from "../wire/records.js";
import { requireBrowser } from "./browser.js";
import { openPage, untilWatched, WAIT } from "./fixture.js";

/** Minutes; SIGHTLINE_SOAK_MINUTES=60 for the hour that is promised. */
const MINUTES = Number(process.env["SIGHTLINE_SOAK_MINUTES"] ?? 2);
const STREAMS = ["gate", "yard", "lobby", "dock"];
const RECORD_FPS = 25;
const PICTURE_FPS = 10;
const SIZE = { widthPx: 640, heightPx: 360 };
const OBJECTS = 20;
const MOST_MB = 200;
/** What a page may grow by once it is warm: less than this in the second half. */
const MOST_GROWTH_MB = 20;

/** Memory that the page's process has for itself, MB, with its share of what it has with others. */
async function rendererMb(browser: Browser): Promise<number> {
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  await devtools.detach();
  const sizes = processInfo.filter(({ type }) => type === "renderer").map(({ id }) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, "utf8"))?.[1]));
  return Math.max(...sizes) / 1024;
}

/** Pictures with some detail, made once. */
async function jpegs(): Promise<Buffer[]> {
  const many = Array.from({ length: 12 }, (_, seed) => {
    const data = Buffer.alloc(SIZE.widthPx * SIZE.heightPx * 3);
    for (let i = 0; i < data.length; i += 1) data[i] = ((i >> 6) * (seed + 3) + (i % 97)) & 0xff;
    return encodeJpeg({ ...SIZE, data, channels: 3 }, 75);
  });
  return Promise.all(many);
}

const BOXES = Array.from({ length: OBJECTS }, (_, i) => [i * 30, i * 15, i * 30 + 50, i * 15 + 60]).flat();

test(`${MINUTES} minutes of four streams: the page stays below ${MOST_MB} MB and does not fall behind`, async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: STREAMS });
  const { page, problems } = await openPage(t, browser, gateway);
  await untilWatched(gateway, page, true, "dock");
  const pictures = await jpegs();
  let frame = 0;
  const send = (): void => {
    frame += 1;
    const now = Date.now();
    for (const stream of STREAMS) {
      const record = frameRecord(detected(header(frame, { stream, ...SIZE, capturedAtMs: now }), BOXES), { ...context, publishedAtMs: now });
      gateway.publish(published(record));
      if (frame % Math.round(RECORD_FPS / PICTURE_FPS) === 0) gateway.publishPicture({ stream, epoch: 1, frame, ptsMs: null, ...SIZE, lookedAt: true, jpeg: pictures[frame % pictures.length]! });
      if (frame % RECORD_FPS === 0) gateway.publish(published(statsRecord({ ...stats, stream, decoded: frame }, now)));
    }
  };
  const sizesMb: number[] = [];
  {
    using _sending = systemClock.every(1000 / RECORD_FPS, send);
    for (let i = 0; i < MINUTES * 6; i += 1) {
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 10_000)));
      sizesMb.push(await rendererMb(browser));
    }
    const lagging = await page.evaluate(() => document.querySelectorAll('.pill[data-tone="warn"], .pill[data-tone="bad"]').length);
    assert.equal(lagging, 0, "a stream is told to be late");
  }
  // What is shown last is the last that was sent: nothing had piled up.
  const last = frame - (frame % Math.round(RECORD_FPS / PICTURE_FPS));
  await page.waitForFunction((wanted) => window.sightline.lastDrawn?.frame === wanted, last, WAIT);
  const half = sizesMb.slice(Math.floor(sizesMb.length / 2));
  const growthMb = Math.min(...half.slice(-3)) - Math.min(...half.slice(0, 3));
  t.diagnostic(`${frame} records a stream; MB: ${sizesMb.map((mb) => mb.toFixed(0)).join(" ")}; growth in the second half ${growthMb.toFixed(1)} MB`);
  assert.ok(Math.max(...sizesMb) < MOST_MB, `${Math.max(...sizesMb)} MB`);
  assert.ok(growthMb < MOST_GROWTH_MB, `${growthMb} MB more at the end`);
  assert.deepEqual(problems, []);
});
