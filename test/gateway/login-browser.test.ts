import assert from "node:assert/strict";
import { test } from "node:test";
import { testTokens } from "../auth/tokens.js";
import { requireBrowser } from "../dashboard/browser.js";
import { openTestGateway } from "./clients.js";

test("in a browser without scripts one logs in by the form; with the cookie a script opens the socket, and reads no cookie", async (t) => {
  const browser = await requireBrowser(t);
  if (!browser) return;
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer" });
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const plain = await browser.newContext({ javaScriptEnabled: false });
  t.after(() => plain.close());
  const form = await plain.newPage();
  const problems: string[] = [];
  form.on("console", (message) => problems.push(message.text()));
  await form.goto(gateway.url);
  assert.equal(new URL(form.url()).pathname, "/login");
  assert.notEqual(await form.locator("main").evaluate((main) => getComputedStyle(main).borderRadius), "0px", "its style is there");
  await form.getByLabel("Token").fill(token);
  await form.getByRole("button", { name: "Log in" }).click();
  await form.waitForURL(gateway.url);
  assert.deepEqual(problems, []);
  const scripted = await browser.newContext({ storageState: await plain.storageState() });
  t.after(() => scripted.close());
  const page = await scripted.newPage();
  await page.goto(`${gateway.url}healthz`);
  const seen = await page.evaluate(async (host) => {
    const opens = (url: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(url, "sightline.v1");
        socket.onopen = () => resolve("open");
        socket.onerror = () => resolve("refused");
      });
    const ticket = await fetch("/api/ticket", { method: "POST" });
    return { cookie: document.cookie, ticket: ticket.status, socket: await opens(`ws://${host}/ws`) };
  }, new URL(gateway.url).host);
  assert.deepEqual(seen, { cookie: "", ticket: 200, socket: "open" });
  await form.goto(`${gateway.url}logout`);
  await form.getByRole("button", { name: "Log out" }).click();
  await form.waitForURL(`${gateway.url}login`);
  await page.goto(gateway.url);
  assert.equal(new URL(page.url()).pathname, "/login", "the cookie is worth nothing any more");
});
