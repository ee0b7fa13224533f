import assert from "node:assert/strict";
import { test } from "node:test";
import { testTokens } from "../auth/tokens.js";
import { requireBrowser } from "../dashboard/browser.js";
import { assertOwn, openPage, seen, sendPair, untilWatched, WAIT } from "../dashboard/fixture.js";
import { openTestGateway } from "./clients.js";

test("in a browser without scripts one logs in by the form; the page then shows the token's streams alone, until one logs out", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer", streams: ["gate"] });
  await using gateway = await openTestGateway({ tokensFile: tokens.path, streams: ["gate", "yard"] });
  const plain = await browser.newContext({ javaScriptEnabled: false });
  t.after(() => plain.close());
  const form = await plain.newPage();
  const logIn = async (text: string): Promise<void> => {
    await form.getByLabel("Token").fill(text);
    await form.getByRole("button", { name: "Log in" }).click();
  };
  await form.goto(gateway.url);
  assert.equal(new URL(form.url()).pathname, "/login");
  assert.notEqual(await form.locator("main").evaluate((main) => getComputedStyle(main).borderRadius), "0px", "its style is there");
  await logIn(`${token.slice(0, -2)}xx`);
  assert.equal(await form.getByRole("alert").textContent(WAIT), "This token is wrong, or no longer there.");
  await logIn(token);
  await form.waitForURL(gateway.url);

  const { page, problems } = await openPage(t, browser, gateway, { storageState: await plain.storageState() });
  await untilWatched(gateway, page);
  await sendPair(gateway, 0, "yard");
  await sendPair(gateway, 1, "gate");
  assertOwn(await seen(page, 1));
  assert.deepEqual(await page.locator("[data-stream]").evaluateAll((all) => all.map((one) => one.getAttribute("data-stream"))), ["gate"]);
  assert.doesNotMatch(await page.locator("body").innerText(), /yard/);
  assert.equal(gateway.watchers("yard"), 0);
  const opened = await page.evaluate(async (host) => {
    const socket = new WebSocket(`ws://${host}/ws`, "sightline.v1");
    return new Promise<string>((resolve) => {
      socket.onopen = () => resolve(`open, cookie ${JSON.stringify(document.cookie)}`);
      socket.onerror = () => resolve("refused");
    });
  }, new URL(gateway.url).host);
  assert.equal(opened, 'open, cookie ""', "by the cookie, which script can't read");
  assert.deepEqual(problems, []);

  await form.goto(`${gateway.url}logout`);
  await form.getByRole("button", { name: "Log out" }).click();
  await form.waitForURL(`${gateway.url}login`);
  await page.waitForSelector('#connection[data-state="login"]', WAIT);
  await page.goto(gateway.url);
  assert.equal(new URL(page.url()).pathname, "/login", "the cookie is worth nothing any more");
});
