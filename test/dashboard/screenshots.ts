import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import sharp from "sharp";
import { systemClock } from "../../src/core/clock.js";
import { openSession } from "../../src/session/index.js";
import { project } from "../support/paths.js";
import { settings } from "../support/session.js";
import { launchBrowser } from "./chromium.js";

/** One picture of the page. */
interface Shot {
  readonly name: string;
  readonly hash: string;
  readonly width: number;
  readonly height: number;
  readonly scheme: "dark" | "light";
  /** Brings the page to what is to be seen. */
  readonly act?: (page: Page) => Promise<void>;
  /** Pictures to wait for. */
  readonly drawings: number;
}

const DESK = { width: 1440, height: 900 } as const;
const SHOTS: readonly Shot[] = [
  // The longest first: its chart shall have something to show.
  { name: "stream", hash: "#/stream/gate", ...DESK, scheme: "dark", drawings: 450 },
  { name: "grid", hash: "#/", ...DESK, scheme: "dark", drawings: 120 },
  { name: "inspector", hash: "#/inspector", ...DESK, scheme: "dark", drawings: 0, act: (page) => page.waitForFunction(() => document.querySelectorAll(".messages li").length > 40).then(() => undefined) },
  { name: "light", hash: "#/stream/yard", ...DESK, scheme: "light", drawings: 120, act: (page) => page.keyboard.press("f") },
  { name: "phone", hash: "#/stream/gate", width: 390, height: 844, scheme: "light", drawings: 80 },
];
/** Dense enough for a README on a good display, small enough for a repository. */
const QUALITY = 82;
const LIMIT_MS = 120_000;

/** `npm run screenshots`: the main views with the clip that comes along, as several cameras. @returns the exit status */
export async function takeScreenshots(): Promise<number> {
  const browser = await launchBrowser();
  if (!browser) {
    console.error("no Chromium was found; install it or set CHROMIUM_PATH");
    return 2;
  }
  const folder = project(".github", "screenshots");
  mkdirSync(folder, { recursive: true });
  const stop = new AbortController();
  const clips = await cutClips();
  const options = settings({
    // One that can't be reached shows how trouble is told.
    streams: { ...clips.streams, "north-fence": { source: "rtsp://127.0.0.1:9/cam" } },
    model: { path: project("samples", "street.onnx") }, source: { realtime: true, loop: true }, serve: { port: 0 },
    live: { backoffMinMs: 20_000, backoffMaxMs: 60_000 },
  });
  await using session = await openSession(options, { signal: stop.signal, clock: systemClock, version: "screenshots", notice: () => undefined, extraSinks: [] });
  for (const shot of SHOTS) {
    const png = await take(browser, session.url ?? "", shot);
    const { size } = await sharp(png).webp({ quality: QUALITY }).toFile(join(folder, `${shot.name}.webp`));
    console.log(`${shot.name}.webp  ${(size / 1000).toFixed(0)} kB`);
  }
  await browser.close();
  stop.abort();
  await session.done;
  await rm(clips.folder, { recursive: true });
  return 0;
}

/** Where in the clip each camera begins, s, so that they do not all see the same. */
const CAMERAS = { gate: 16, yard: 1, "loading-dock": 8 };
/** Low enough for a small machine to look at every frame. */
const CAMERA_FPS = 8;

/** Cuts the clip that comes along into a few cameras. */
async function cutClips(): Promise<{ folder: string; streams: Record<string, { source: string }> }> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-screenshots-"));
  const streams: Record<string, { source: string }> = {};
  for (const [name, startS] of Object.entries(CAMERAS)) {
    const source = join(folder, `${name}.mp4`);
    const clip = project("samples", "street.mp4");
    const args = ["-v", "error", "-ss", String(startS), "-i", clip, "-t", "7", "-r", String(CAMERA_FPS), "-c:v", "libx264", "-crf", "16", "-y", source];
    const [status] = (await once(spawn("ffmpeg", args, { stdio: "inherit" }), "exit")) as [number | null];
    if (status !== 0) throw new Error(`FFmpeg ended with status ${status} while it cut ${source}`);
    streams[name] = { source };
  }
  return { folder, streams };
}

async function take(browser: Browser, url: string, { name, hash, width, height, scheme, act, drawings }: Shot): Promise<Buffer> {
  const isPhone = name === "phone";
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme, deviceScaleFactor: isPhone ? 2 : 1, isMobile: isPhone, hasTouch: isPhone });
  page.setDefaultTimeout(LIMIT_MS);
  await page.goto(url + hash);
  await page.waitForFunction((count) => window.sightline.drawings >= count, drawings);
  await act?.(page);
  const png = await page.screenshot();
  await page.close();
  return png;
}
