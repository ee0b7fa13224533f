import assert from "node:assert/strict";
import { test } from "node:test";
import { published, statsRecord, timeOfDay, type EventRecord, type FrameRecord, type LogRecord } from "../../../src/wire/index.js";
import { openTestGateway } from "../../gateway/clients.js";
import { stats } from "../../wire/records.js";
import { requireBrowser } from "../browser.js";
import { openGate, openPage, recordOf, sendPicture, WAIT } from "../fixture.js";

const AT = "2026-11-20T10:00:00.123Z";

test("events are listed newest first, with who and where, in all streams and in their own", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate", "yard"] });
  const { page, problems } = await openPage(t, browser, gateway, { hash: "#/events" });
  await page.waitForSelector('nav a[aria-current="page"]:has-text("Events")', WAIT);
  const event = (stream: string, id: string, kind: string): EventRecord => ({ v: 1, type: "event", stream, id, kind, epoch: 1, frame: 4, trackId: 17, label: "car", before: {}, after: { zone: "door" }, at: AT });
  await page.waitForFunction(() => document.querySelector("#summary")?.textContent.startsWith("2 streams"), undefined, WAIT);
  gateway.publish(published(event("gate", "a", "zone.enter")));
  gateway.publish(published(event("yard", "b", "line.cross")));
  gateway.publish(published({ v: 1, type: "gap", stream: "gate", epoch: 1, fromFrame: 3, toFrame: 9, cause: "subscriber_slow", records: 5, at: AT }));
  const rows = page.locator(".view-events .rows li:not(.none)");
  await page.waitForFunction(() => document.querySelectorAll(".view-events .rows li:not(.none)").length >= 2, undefined, WAIT);
  await page.click('.chip:has-text("events")');
  const words = (await rows.allInnerTexts()).map((row) => row.replace(/\s+/g, " "));
  assert.match(words[0]!, /line\.cross yard car #17 · zone door$/);
  assert.match(words[1]!, /zone\.enter gate car #17 · zone door$/);
  assert.equal(words.length, 2);
  await page.click('a:has-text("yard")');
  await page.waitForSelector('.view-stream h2:has-text("yard")', WAIT);
  assert.match(await page.innerText(".panels .rows"), /line\.cross/);
  assert.doesNotMatch(await page.innerText(".panels .rows"), /zone\.enter/);
  assert.deepEqual(problems, []);
});

test("the log shows the program's words as they come, by level and by what they contain", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const { page, problems } = await openPage(t, browser, gateway, { hash: "#/log" });
  const line = (level: LogRecord["level"], message: string): LogRecord => ({ v: 1, type: "log", level, stream: "gate", message, at: AT });
  gateway.publish(published(line("info", "live again")));
  gateway.publish(published({ ...line("warn", "silent for 8 s <b>"), code: "E_SOURCE_STALLED" }));
  const rows = page.locator(".log li:not(.none)");
  await page.waitForFunction(() => document.querySelectorAll(".log li:not(.none)").length === 2, undefined, WAIT);
  assert.deepEqual((await rows.allInnerTexts()).map((row) => row.replace(/\s+/g, " ").slice(8).trim()), ["info gate live again", "warn gate E_SOURCE_STALLED silent for 8 s <b>"]);
  await page.click('.chip:has-text("info")');
  assert.equal(await rows.count(), 1);
  await page.fill('input[type="search"]', "nothing like it");
  assert.equal(await rows.count(), 0);
  assert.deepEqual(problems, []);
});

test("pictures that come late are told as behind, a stream that brings no more as stale", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const { page } = await openGate(t, browser, gateway);
  // Far more than what a slow machine adds, or takes away: the page sets its clock by a greeting that may have waited too.
  const lateMs = 30_000;
  for (let frame = 0; frame < 20; frame += 1) {
    const record = { ...(recordOf(frame).record as FrameRecord), publishedAt: timeOfDay(Date.now() - lateMs) };
    gateway.publish(published(record));
    await sendPicture(gateway, frame);
    await page.waitForFunction((wanted) => window.sightline.lastDrawn?.frame === wanted, frame, WAIT);
  }
  // No record of figures has come: the state is not known to be live, so nothing else is said.
  await page.waitForFunction(() => /p50 [23]\d s/.test(document.querySelector(".panels .headline")!.textContent), undefined, WAIT);
  gateway.publish(published(statsRecord(stats, Date.now())));
  await page.waitForSelector('.stream-head .pill:has-text("behind")', WAIT);
  assert.match(await page.innerText(".screen-notice"), /The picture is [23]\d s old/);
  assert.equal(await page.innerText("#connection"), "behind");
  await page.waitForSelector('.stream-head .pill:has-text("stale")', WAIT);
  assert.match(await page.innerText(".screen-notice"), /No frame for \d\.\d s/);
});

test("with logins a ticket is fetched for each connection, and who has none is shown the way to the login", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const sockets: string[] = [];
  page.on("websocket", (socket) => sockets.push(new URL(socket.url()).search));
  let answer: { status: number; json?: object } = { status: 401, json: { title: "Unauthorized" } };
  await page.route("**/api/ticket", (route) => (route.request().method() === "POST" ? route.fulfill(answer) : route.abort()));
  await page.goto(gateway.url);
  const link = page.locator("#banner a");
  await link.waitFor(WAIT);
  assert.deepEqual([await link.innerText(), await link.getAttribute("href")], ["Log in", "/login"]);
  assert.deepEqual(sockets, []);
  answer = { status: 200, json: { ticket: "once-4711" } };
  await page.waitForSelector('#connection[data-state="open"]', WAIT);
  assert.deepEqual(sockets, ["?ticket=once-4711"]);
});
