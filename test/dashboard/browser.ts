import { existsSync } from "node:fs";
import { after, type TestContext } from "node:test";
import { chromium, type Browser } from "playwright-core";

const USUAL_PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** No sandbox: tests may run as root. No GPU, no services that call home. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let started: Promise<Browser> | undefined;
after(async () => (await started)?.close());

/**
 * The one Chromium of this test file (CHROMIUM_PATH, else where it usually lies), started at the first call. Skips the
 * running test, in words, when there is none.
 */
export async function requireBrowser(t: TestContext): Promise<Browser | undefined> {
  const executablePath = [process.env["CHROMIUM_PATH"] ?? "", ...USUAL_PLACES].find((path) => existsSync(path));
  if (executablePath === undefined) {
    t.skip("SKIPPED: no Chromium found; install it or set CHROMIUM_PATH");
    return undefined;
  }
  started ??= chromium.launch({ executablePath, args: FLAGS });
  return started;
}
