import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { logFiles } from "../../src/log/index.js";
import { DEFAULT_ENCODING, findChapter, openClip, renderClip } from "../../src/render/index.js";
import { runCli, startCli } from "../support/cli.js";
import { frameLine, type LiteralObject } from "../support/frame-lines.js";
import { descendants, readProcess } from "../rig/processes.js";
import { until } from "../support/until.js";
import { apart, ffmpeg, frameTimes, pixelsOf, probed } from "./clips.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-render-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const here = (name: string): string => join(folder, name);

/** #6cb2ff and #57d6b4, the palette's colours of classes 2 and 0 (src/core/class-colours.ts); the clip's grey is FFmpeg's "gray". */
const [CAR_COLOUR, PERSON_COLOUR, GREY] = [[108, 178, 255], [87, 214, 180], [128, 128, 128]] as const;
/** What H.264 does to a line of two pixels at this quality; the colours are at least 50 apart from grey in a channel. */
const TOLERANCE = 24;
const PROGRAMS = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" };
const X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

const lines = (name: string, text: readonly string[]): string => {
  writeFileSync(here(name), text.map((line) => `${line}\n`).join(""));
  return here(name);
};
const car: LiteralObject = [2, "car", 0.9, [40, 60, 140, 120]];
const person: LiteralObject = [0, "person", 0.6, [200, 100, 260, 220]];
const sized = (widthPx: number, heightPx: number, ptsMs: number) => ({ widthPx, heightPx, ptsMs });

before(() => {
  ffmpeg("-f lavfi -i color=c=gray:size=320x240:rate=25:duration=1.2 -f lavfi -i sine=frequency=440:duration=1.2 -c:a aac", ...X264, here("grey.mp4"));
});

/** Renders in this process: most of a command's time would be its start. */
async function rendered(clip: string, log: string, more: { labels?: boolean; minScore?: number; stream?: string; run?: number } = {}) {
  const out = here(`out-${readdirSync(folder).length}.mp4`);
  const signal = new AbortController().signal;
  const chapter = await findChapter(await logFiles([log]), { stream: more.stream ?? null, run: more.run ?? null }, { onTrouble: () => undefined }, signal);
  const options = { labels: false, minScore: 0, ...more, out, force: false, encoding: DEFAULT_ENCODING, ffmpegPath: "ffmpeg", base: chapter.base };
  const figures = await renderClip(await openClip(clip, PROGRAMS), chapter.frames(), options, { clock: systemClock, signal });
  return { out, figures, runs: chapter.runs };
}

/** Whether the border of a box, 1 px in, has a colour at the middle of each side. */
function borderIs(pixels: ReturnType<typeof pixelsOf>, frame: number, [x1, y1, x2, y2]: readonly number[], colour: readonly number[]): boolean {
  const [middleX, middleY] = [(x1! + x2!) / 2, (y1! + y2!) / 2];
  const points = [[x1! + 1, middleY], [x2! - 1, middleY], [middleX, y1! + 1], [middleX, y2! - 1]] as const;
  return points.every(([x, y]) => apart(pixels.at(frame, x, y), colour) <= TOLERANCE);
}

test("boxes are on exactly their frames, in their colours; rate, size, length and sound are the clip's", async () => {
  const log = lines("grey.jsonl", [
    frameLine(5, [car, person], sized(320, 240, 200)), frameLine(6, [car], sized(320, 240, 240)), frameLine(8, [], { ...sized(320, 240, 320), outcome: "failed", error: { code: "E_INFERENCE_FAILED", message: "x" } }),
    frameLine(20, [person], sized(320, 240, 800)), frameLine(29, [car], sized(320, 240, 1160)), frameLine(30, [car], sized(320, 240, 1200)),
  ]);
  const out = here("boxes.mp4");
  const { code, stdout, stderr } = await runCli(["render", here("grey.mp4"), log, "--out", out]);
  assert.deepEqual([code, stdout], [0, ""], stderr);
  assert.match(stderr, /1 records are of frames that the clip does not have/);
  assert.match(stderr, /\n\S+boxes\.mp4: 30 frames \(0:01\), 5 boxes, 5 frames with a record, sound kept; took 0:\d\d, [\d.]+x real time\n$/);
  const pixels = pixelsOf(out);
  assert.equal(pixels.frames, 30);
  const boxed: Record<string, number[]> = { car: [], person: [], neither: [] };
  for (let frame = 0; frame < 30; frame += 1) {
    if (borderIs(pixels, frame, car[3], CAR_COLOUR)) boxed["car"]!.push(frame);
    if (borderIs(pixels, frame, person[3], PERSON_COLOUR)) boxed["person"]!.push(frame);
    if (borderIs(pixels, frame, car[3], GREY) && borderIs(pixels, frame, person[3], GREY)) boxed["neither"]!.push(frame);
    // Within a box, and beside it, the picture is as it was.
    for (const [x, y] of [[90, 90], [230, 160], [20, 200]] as const) assert.ok(apart(pixels.at(frame, x, y), GREY) < 6, `frame ${frame} at ${x},${y}: ${String(pixels.at(frame, x, y))}`);
  }
  assert.deepEqual([boxed["car"], boxed["person"]], [[5, 6, 29], [5, 20]]);
  assert.deepEqual(boxed["neither"], Array.from({ length: 30 }, (_, i) => i).filter((i) => ![5, 6, 20, 29].includes(i)));
  const [was, is] = [probed(here("grey.mp4")), probed(out)];
  for (const key of ["width", "height", "r_frame_rate", "avg_frame_rate", "duration", "start_time", "nb_read_frames"] as const) assert.equal(is.video[key], was.video[key], key);
  assert.deepEqual([is.sounds[0]?.codec_name, is.sounds[0]?.duration], ["aac", was.sounds[0]?.duration]);
});

test("still frames have the boxes of the frame that they refer to", async () => {
  const still = (frame: number, since: number): string => frameLine(frame, [], { ...sized(320, 240, frame * 40), outcome: "still", unchangedSince: since });
  const log = lines("still.jsonl", [frameLine(0, [car], sized(320, 240, 0)), still(1, 0), still(2, 0), frameLine(3, [], sized(320, 240, 120)), still(4, 3)]);
  const { out, figures } = await rendered(here("grey.mp4"), log);
  const pixels = pixelsOf(out);
  assert.deepEqual([0, 1, 2, 3, 4, 5].filter((frame) => borderIs(pixels, frame, car[3], CAR_COLOUR)), [0, 1, 2]);
  assert.equal(figures.objects, 3);
});

test("still frames that the log has left out have them too, unless empty ones were left out among them", async () => {
  const still = (frame: number, more: object): string => frameLine(frame, [], { ...sized(320, 240, frame * 40), outcome: "still", unchangedSince: 0, ...more });
  const log = lines("thinned.jsonl", [frameLine(0, [car], sized(320, 240, 0)), still(5, { stillBefore: 4 }), still(9, { stillBefore: 2, emptyBefore: 1 })]);
  const pixels = pixelsOf((await rendered(here("grey.mp4"), log)).out);
  assert.deepEqual(Array.from({ length: 12 }, (_, frame) => frame).filter((frame) => borderIs(pixels, frame, car[3], CAR_COLOUR)), [0, 1, 2, 3, 4, 5, 9]);
});

test("a label stands above its box with dark letters on the class's colour, or is left away", async () => {
  const log = lines("label.jsonl", [frameLine(3, [car], sized(320, 240, 120))]);
  // A label's ground is 14 px high, right above the box at y = 60; it begins at the box's left side.
  const ground = async (look: { labels?: boolean; minScore?: number }) => {
    const pixels = pixelsOf((await rendered(here("grey.mp4"), log, look)).out);
    const row = Array.from({ length: 60 }, (_, i) => pixels.at(3, 42 + i, 54));
    return { coloured: row.filter((one) => apart(one, CAR_COLOUR) <= TOLERANCE).length, dark: row.filter(([r, g]) => r < 70 && g < 110).length };
  };
  const labelled = await ground({ labels: true });
  assert.ok(labelled.coloured >= 15 && labelled.dark >= 4, JSON.stringify(labelled));
  assert.deepEqual(await ground({ labels: false }), { coloured: 0, dark: 0 });
});

test("a rate that varies, sound that begins before the picture, and pixels that are not square stay as they are", async () => {
  const clip = here("vary.mp4");
  ffmpeg(
    "-itsoffset 0.4 -f lavfi -i", "testsrc2=size=160x120:rate=30:duration=3,select='not(mod(n,5))+gt(n,40)*not(mod(n,2))',setsar=4/3",
    ..."-f lavfi -i sine=frequency=300:duration=3.4 -fps_mode vfr -c:a aac".split(" "), ...X264, clip,
  );
  const times = frameTimes(clip).map(Number);
  assert.ok(new Set(times.slice(1).map((time, i) => Math.round((time - times[i]!) * 1000))).size > 2 && times[0]! > 0.3, "the clip is as it was meant");
  const log = lines("vary.jsonl", [0, 7].map((n) => frameLine(n, [car], sized(160, 120, Math.round(times[n]! * 1e6) / 1000))));
  const { out } = await rendered(clip, log);
  assert.deepEqual(frameTimes(out), frameTimes(clip));
  const [was, is] = [probed(clip), probed(out)];
  for (const key of ["sample_aspect_ratio", "start_time", "time_base"] as const) assert.equal(is.video[key as "start_time"], was.video[key as "start_time"], key);
  assert.equal(is.sounds[0]?.start_time, was.sounds[0]?.start_time);
});

test("a file that begins late, in colours of high definition, with sound that MP4 does not take: begins at 0, says its colours, and has AAC", async () => {
  const clip = here("late.mkv");
  ffmpeg(
    "-f lavfi -i", "color=c=gray:size=320x240:rate=25:duration=1",
    ..."-f lavfi -i sine=frequency=300:duration=1 -c:a pcm_s16le -output_ts_offset 90 -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv".split(" "), ...X264, clip,
  );
  const log = lines("late.jsonl", [frameLine(2, [car], sized(320, 240, 80))]);
  const { out } = await rendered(clip, log);
  const { video, sounds } = probed(out);
  assert.deepEqual([Number(video.start_time), video.color_space, video.color_range, sounds[0]?.codec_name], [0, "bt709", "tv", "aac"]);
  assert.ok(Math.abs(Number(sounds[0]?.duration) - 1) < 0.05, sounds[0]?.duration);
  const pixels = pixelsOf(out);
  assert.deepEqual([1, 2, 3].map((frame) => borderIs(pixels, frame, car[3], CAR_COLOUR)), [false, true, false]);
});

test("a picture with odd sides gets its last column and row once more, since H.264 wants even ones", async () => {
  const clip = here("odd.mkv");
  ffmpeg("-f lavfi -i color=c=gray:size=162x122:rate=25:duration=0.4,format=yuv444p,crop=161:121:0:0:exact=1 -c:v ffv1", clip);
  const log = lines("odd.jsonl", [frameLine(1, [[2, "car", 0.9, [20, 20, 100, 100]]], sized(161, 121, 40))]);
  const { out } = await rendered(clip, log);
  const pixels = pixelsOf(out);
  assert.deepEqual([probed(out).video.width, probed(out).video.height, pixels.frames], [162, 122, 10]);
  assert.ok(borderIs(pixels, 1, [20, 20, 100, 100], CAR_COLOUR) && apart(pixels.at(1, 161, 121), GREY) < 12);
});

test("a log of several streams or runs: the stream is to be named, the last run is drawn, a restart is found by its time", async () => {
  const log = lines("runs.jsonl", [
    frameLine(3, [person], sized(320, 240, 120)), frameLine(9, [person], sized(320, 240, 360)),
    // The clip from its beginning once more, numbers going on: frame 12 is the clip's frame 2.
    frameLine(12, [car], { ...sized(320, 240, 80), epoch: 2 }), frameLine(14, [car], { ...sized(320, 240, 160), epoch: 2 }),
    frameLine(0, [car], { ...sized(320, 240, 0), stream: "yard" }),
  ]);
  await assert.rejects(rendered(here("grey.mp4"), log), { code: "E_LOG_STREAM", message: "a clip is one stream, and the log has gate, yard" });
  const drawn = async (run?: number) => {
    const { out, runs } = await rendered(here("grey.mp4"), log, { stream: "gate", ...(run && { run }) });
    const pixels = pixelsOf(out);
    assert.equal(runs, 2);
    return Array.from({ length: pixels.frames }, (_, i) => i).filter((frame) => borderIs(pixels, frame, car[3], CAR_COLOUR) || borderIs(pixels, frame, person[3], PERSON_COLOUR));
  };
  assert.deepEqual(await drawn(), [2, 4]);
  assert.deepEqual(await drawn(1), [3, 9]);
});

test("what does not fit together, or can't be, ends with its code and without a file", async () => {
  const log = lines("fits.jsonl", [frameLine(5, [car], sized(320, 240, 200))]);
  const sizes = await runCli(["render", here("grey.mp4"), lines("size.jsonl", [frameLine(0, [car])]), "--out", here("none.mp4")]);
  assert.equal(sizes.code, 1);
  assert.match(sizes.stderr, /E_RENDER_CLIP {2}\S+grey\.mp4 is 320x240, but the frames of gate were 640x360/);
  const encoder = await runCli(["render", here("grey.mp4"), log, "--out", here("none.mp4"), "--codec", "libnope"]);
  assert.match(encoder.stderr, /E_RENDER_ENCODER .*Unknown encoder 'libnope'/);
  const times = lines("times.jsonl", [frameLine(0, [], sized(320, 240, 0)), frameLine(1, [car], sized(320, 240, 2000))]);
  await assert.rejects(rendered(here("grey.mp4"), times), { code: "E_RENDER_CLIP", message: /^frame 1 of gate was seen at 2000 ms, but the clip's frame 1 is at 40 ms/ });
  await assert.rejects(rendered(here("grey.mp4"), log, { stream: "yard" }), { code: "E_LOG_STREAM", message: /"yard" is there; the log has gate$/ });
  await assert.rejects(rendered(here("gone.mp4"), log), { code: "E_SOURCE_MISSING" });
  await assert.rejects(rendered(log, log), { code: "E_SOURCE_NOT_VIDEO" });
  await assert.rejects(rendered("rtsp://127.0.0.1/x", log), { code: "E_USAGE", message: /record the source first/ });
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("none") || name.includes(".part")), []);
  const there = await runCli(["render", here("grey.mp4"), log, "--out", here("grey.mp4")]);
  assert.match(there.stderr, /E_USAGE .*is the clip itself/);
});

test("Ctrl-C leaves neither a half video nor a process of FFmpeg", { timeout: 120_000, skip: process.platform === "linux" ? false : "SKIPPED: looks for children in /proc" }, async () => {
  ffmpeg("-f lavfi -i", "testsrc2=size=640x360:rate=25:duration=10", ...X264, here("long.mp4"));
  const log = lines("long.jsonl", [frameLine(0, [car], sized(640, 360, 0))]);
  const { child, done } = startCli(["render", here("long.mp4"), log, "--out", here("stopped.mp4"), "--preset", "placebo"]);
  let children: number[] = [];
  await until(() => (children = descendants(child.pid!).filter(({ commandLine }) => /nut/.test(commandLine)).map(({ pid }) => pid)).length >= 2, "both FFmpegs to run");
  child.kill("SIGINT");
  assert.equal((await done).code, 130);
  await until(() => children.every((pid) => readProcess(pid) === undefined), "the FFmpegs to be gone");
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("stopped")), []);
});
