import { after, type TestContext } from "node:test";
import type { Browser } from "playwright-core";
import { launchBrowser } from "./chromium.js";

let started: Promise<Browser | undefined> | undefined;
after(async () => (await started)?.close());

/** The one Chromium of this test file, started at the first call. Skips the running test, in words, when there is none. */
export async function requireBrowser(t: TestContext): Promise<Browser | undefined> {
  const browser = await (started ??= launchBrowser());
  if (!browser) t.skip("SKIPPED: no Chromium found; install it or set CHROMIUM_PATH");
  return browser;
}
