import assert from "node:assert/strict";
import { test } from "node:test";
import { openTestGateway } from "../../gateway/clients.js";
import { openWire } from "../../rig/wire.js";
import { requireBrowser } from "../browser.js";
import { assertOwn, look, openPage, seen, sendPair, SOURCE, untilWatched, WAIT, type Seen } from "../fixture.js";

/** A picture of the fixture has about 1 kB, its record 0.5 kB: far less than what is sent below. */
const BYTES_A_SECOND = 6000;

test("over a slow network pictures are left out, those that come are whole and with their own boxes, and the last is the newest", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  await using wire = await openWire(Number(new URL(gateway.url).port));
  const { page, problems } = await openPage(t, browser, { url: `http://127.0.0.1:${wire.port}/` });
  await untilWatched(gateway, page);
  await sendPair(gateway, 0);
  await seen(page, 0);
  const before = await page.evaluate(() => window.sightline.drawings);
  await wire.set({ kind: "slow", bytesPerSecond: BYTES_A_SECOND });
  const samples: Seen[] = [];
  for (let frame = 1; frame <= 150; frame += 1) {
    await sendPair(gateway, frame);
    const sample = frame % 5 === 0 ? await page.evaluate(look, SOURCE) : null;
    if (sample) samples.push(sample);
  }
  await wire.set({ kind: "pass" });
  samples.push(await seen(page, 150));
  for (const sample of samples) assertOwn(sample);
  const drawn = (await page.evaluate(() => window.sightline.drawings)) - before;
  assert.ok(drawn < 150, `all ${drawn} were drawn: the network was not slow`);
  assert.deepEqual(problems, []);
});

test("a connection that is cut is made again, and the page goes on where the stream is now", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  await using wire = await openWire(Number(new URL(gateway.url).port));
  const { page } = await openPage(t, browser, { url: `http://127.0.0.1:${wire.port}/` });
  await untilWatched(gateway, page);
  await sendPair(gateway, 0);
  await seen(page, 0);
  await wire.set({ kind: "refuse" });
  wire.cut();
  await page.waitForSelector('#connection[data-state="waiting"]', WAIT);
  await untilWatched(gateway, page, false);
  await wire.set({ kind: "pass" });
  await untilWatched(gateway, page);
  await sendPair(gateway, 40);
  assertOwn(await seen(page, 40));
});
