import { existsSync } from "node:fs";
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

/** Starts a Chromium: CHROMIUM_PATH, else where it usually lies. Undefined when there is none. */
export async function launchBrowser(): Promise<Browser | undefined> {
  const executablePath = [process.env["CHROMIUM_PATH"] ?? "", ...USUAL_PLACES].find((path) => existsSync(path));
  return executablePath === undefined ? undefined : chromium.launch({ executablePath, args: FLAGS });
}
