import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";
import { published, stateRecord, statsRecord } from "../../../src/wire/index.js";
import { openTestGateway } from "../../gateway/clients.js";
import { CAPTURED_AT_MS, stats } from "../../wire/records.js";
import { requireBrowser } from "../browser.js";
import { openPage, seen, sendPair, untilWatched, WAIT } from "../fixture.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const VIEWS = ["#/", "#/stream/gate", "#/events", "#/reports", "#/inspector", "#/log"];

interface AxeResult {
  readonly violations: readonly { readonly id: string; readonly help: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }[];
}

for (const colorScheme of ["dark", "light"] as const) {
  test(`every view passes the accessibility check, ${colorScheme}`, async (t) => {
    const browser = await requireBrowser(t);
    if (!browser) return;
    await using gateway = await openTestGateway({ streams: ["gate", "yard"] });
    const { page, problems } = await openPage(t, browser, gateway, { colorScheme, bypassCSP: true });
    await page.emulateMedia({ reducedMotion: "reduce", colorScheme });
    await untilWatched(gateway, page);
    gateway.publish(published(statsRecord(stats, CAPTURED_AT_MS)));
    gateway.publish(published(stateRecord("yard", { state: "reconnecting", epoch: 1, reason: "E_SOURCE_REFUSED", message: "nothing listens there", retryInMs: 90_000 }, CAPTURED_AT_MS)));
    await sendPair(gateway, 1);
    await seen(page, 1);
    await page.evaluate(AXE);
    for (const view of VIEWS) {
      await page.evaluate((hash) => void (location.hash = hash), view);
      await page.waitForSelector(".view", WAIT);
      gateway.publish(published(statsRecord(stats, CAPTURED_AT_MS)));
      await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
      // The two looks differ in nothing but their colours.
      const rules = colorScheme === "dark" ? {} : { runOnly: ["color-contrast"] };
      const { violations } = await page.evaluate((options) => (window as unknown as { axe: { run(options: object): Promise<AxeResult> } }).axe.run(options), rules);
      assert.deepEqual(violations.map(({ id, help, nodes }) => `${view} ${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ""}`).join("; ")}`), []);
    }
    assert.deepEqual(problems, []);
  });
}

test("everything can be reached with the keys, and the keys leave fields alone", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate", "yard"] });
  const { page, problems } = await openPage(t, browser, gateway);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await page.keyboard.press("2");
  await page.waitForSelector('.view-stream h2:has-text("yard")', WAIT);
  await page.keyboard.press("n");
  await page.waitForSelector('.view-stream h2:has-text("gate")', WAIT);
  await page.keyboard.press("?");
  assert.ok(await page.isVisible("#help"));
  await page.keyboard.press("Escape");
  assert.ok(!(await page.isVisible("#help")));
  for (const [key, view] of [["i", "inspector"], ["o", "log"], ["e", "events"], ["g", "live"]] as const) {
    await page.keyboard.press(key);
    await page.waitForSelector(`.view-${view}`, WAIT);
  }
  await page.keyboard.press("i");
  await page.fill('input[type="search"]', "");
  await page.type('input[type="search"]', "gel 2");
  assert.equal(await page.inputValue('input[type="search"]'), "gel 2");
  assert.ok(await page.isVisible(".view-inspector"));
  const themes = [];
  await page.locator(".view h2").click();
  for (let i = 0; i < 3; i += 1) {
    await page.keyboard.press("c");
    themes.push(await page.evaluate(() => document.documentElement.dataset["theme"] ?? "auto"));
  }
  assert.deepEqual(themes, ["light", "dark", "auto"]);
  assert.deepEqual(problems, []);
});

test("no request leaves the server's own address, and the page works under its strict policy", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  await using gateway = await openTestGateway({ streams: ["gate"] });
  const asked: string[] = [];
  const context = await browser.newContext();
  t.after(() => context.close());
  context.on("request", (request) => asked.push(request.url()));
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => !message.location().url.endsWith("/api/ticket") && message.type() === "error" && problems.push(message.text()));
  const answer = await page.goto(gateway.url);
  const policy = answer!.headers()["content-security-policy"] ?? "";
  assert.match(policy, /script-src 'self'(;|$)/);
  assert.match(policy, /style-src 'self'(;|$)/);
  await untilWatched(gateway, page);
  await sendPair(gateway, 1);
  await seen(page, 1);
  assert.ok(asked.length >= 4);
  assert.deepEqual(asked.filter((url) => !url.startsWith(gateway.url)), []);
  assert.deepEqual(problems, []);
});
