import assert from "node:assert/strict";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { after, test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { startCli } from "../support/cli.js";
import { frameLine, type LiteralObject } from "../support/frame-lines.js";
import { descendants } from "../rig/processes.js";
import { ffmpeg, probed } from "./clips.js";

const skip = process.platform === "linux" ? false : "SKIPPED: looks for memory in /proc";
const MINUTES = Number(process.env["MINUTES"] ?? 60);
const FPS = 25;
/** A minute of 720p takes 0.6 GB as raw frames: what holds more than a few of them shows. */
const MOST_MIB = { node: 400, ffmpeg: 600 };

const folder = mkdtempSync(join(tmpdir(), "sightline-hour-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const here = (name: string): string => join(folder, name);

/** Most memory that a process has had resident, MiB; 0 when it is gone. */
function peakMib(pid: number): number {
  try {
    return Number(/VmHWM:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

async function writeLog(frames: number): Promise<void> {
  const out = createWriteStream(here("log.jsonl"));
  for (let n = 0; n < frames; n += 1) {
    const objects = ["person", "bicycle", "car", "bus", "truck"].map((label, k): LiteralObject => {
      const x = (n * 3 + k * 230) % 1100;
      return [k, label, 0.9 - k / 10, [x, 60 + k * 100, x + 150, 160 + k * 110]];
    });
    if (!out.write(`${frameLine(n, objects, { widthPx: 1280, heightPx: 720 })}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

test(`${MINUTES} minutes of 720p are rendered in bounded memory, faster than they play`, { skip, timeout: 3 * 3_600_000 }, async (t) => {
  ffmpeg(`-f lavfi -i testsrc2=size=1280x720:rate=${FPS}:duration=60 -f lavfi -i sine=duration=60 -c:v libx264 -preset ultrafast -crf 30 -pix_fmt yuv420p -c:a aac`, here("minute.mp4"));
  ffmpeg(`-stream_loop ${MINUTES - 1} -i`, here("minute.mp4"), "-c", "copy", here("clip.mp4"));
  const clip = probed(here("clip.mp4"));
  const frames = Number(clip.video.nb_read_frames);
  await writeLog(frames);
  const { child, done } = startCli(["render", here("clip.mp4"), here("log.jsonl"), "--out", here("out.mp4"), "--json"], { timeoutMs: 3 * 3_600_000 });
  const peak = { node: 0, ffmpeg: 0 };
  {
    using _watch = systemClock.every(1000, () => {
      peak.node = Math.max(peak.node, peakMib(child.pid!));
      for (const { pid, commandLine } of descendants(child.pid!)) if (/nut/.test(commandLine)) peak.ffmpeg = Math.max(peak.ffmpeg, peakMib(pid));
    });
    const { code, stderr } = await done;
    assert.equal(code, 0, stderr);
  }
  const { stdout } = await done;
  const { elapsedMs, mediaMs, withRecord } = JSON.parse(stdout) as Record<string, number>;
  const times = mediaMs! / elapsedMs!;
  t.diagnostic(`${frames} frames in ${Math.round(elapsedMs! / 1000)} s = ${times.toFixed(1)}x real time; peak: node ${Math.round(peak.node)} MiB, the greater FFmpeg ${Math.round(peak.ffmpeg)} MiB; ${Math.round(statSync(here("out.mp4")).size / 2 ** 20)} MiB written`);
  const out = probed(here("out.mp4"));
  assert.deepEqual([Number(out.video.nb_read_frames), withRecord], [frames, frames]);
  assert.ok(Math.abs(Number(out.video.duration) - Number(clip.video.duration)) < 0.1 && Math.abs(Number(out.sounds[0]?.duration) - Number(clip.sounds[0]?.duration)) < 0.1);
  assert.ok(peak.node < MOST_MIB.node && peak.ffmpeg < MOST_MIB.ffmpeg, JSON.stringify(peak));
  assert.ok(times > 1, `${times.toFixed(2)}x real time`);
});
