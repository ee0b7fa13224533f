import assert from "node:assert/strict";
import { join } from "node:path";
import { describe, test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { deferred } from "../../src/core/lifetime.js";
import { createRing } from "../../src/ring/index.js";
import { fateReader, type FrameFate } from "../../src/source/fates.js";
import { openSource, type SourceEvent } from "../../src/source/index.js";
import { beyondRate, commandsFor } from "../../src/source/thinning.js";
import { temporaryFolder } from "../support/pool.js";
import { CENTRED, ffmpeg, liveLimits, readAll, type ReadResult } from "../support/source.js";

const folder = temporaryFolder();
const steady = join(folder, "steady.mkv");
const uneven = join(folder, "uneven.mkv");
// Frame n is grey n x 4 and at n / 30 s; of the uneven one the times jump about: 10 fps, a pause of 1.5 s, 60 fps.
const grey = (frames: number): string => `color=c=black:size=64x64:rate=30:duration=${frames / 30},format=gray,geq=lum='N*4'`;
ffmpeg("-f", "lavfi", "-i", grey(60), "-c:v", "ffv1", steady);
ffmpeg("-f", "lavfi", "-i", grey(60), "-vf", "settb=1/1000,setpts='if(lt(N,20),N*100,if(lt(N,40),3400+(N-20)*16.7,3734+(N-40)*33.3))'", "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:v", "ffv1", uneven);

const SIZE = { widthPx: 64, heightPx: 64 };
const numbers = ({ headers }: ReadResult): number[] => headers.map(({ frame }) => frame);

/** Every frame once, in order: sent, or left out as max_fps, and each that was sent has its own pixels. */
function assertAccounted({ events, planes, headers }: ReadResult, frames: number): void {
  const all = events.flatMap((event) => (event.type === "frame" || event.type === "skipped" ? [event] : []));
  assert.deepEqual(all.map(({ header }) => header.frame), [...Array(frames).keys()]);
  assert.ok(all.every((event) => event.type === "frame" || event.cause === "max_fps"));
  for (const [i, { frame }] of headers.entries()) assert.ok(Math.abs((planes[i]?.[64 * 32] ?? -99) - frame * 4) <= 2, `frame ${frame} has the pixels ${planes[i]?.[64 * 32]}`);
}

for (const [maxFps, wanted] of [
  [5, [0, 6, 12, 18, 24, 30, 36, 42, 48, 54]],
  // The nearest to 0, 400, 800, ... ms.
  [2.5, [0, 12, 24, 36, 48]],
  // 1 in 4.2857 frames.
  [7, [0, 4, 9, 13, 17, 21, 26, 30, 34, 39, 43, 47, 51, 56]],
  [1000, [...Array(60).keys()]],
] as const) {
  test(`of 30 fps ${maxFps} are sent, evenly, and the others are accounted for`, async () => {
    const read = await readAll(steady, { ...SIZE, maxFps });
    assert.deepEqual(numbers(read), wanted);
    assertAccounted(read, 60);
  });
}

test("an uneven rate is thinned by its times: never more than is wanted, nothing where less comes", async () => {
  const read = await readAll(uneven, { ...SIZE, maxFps: 20 });
  assertAccounted(read, 60);
  const times = read.headers.map(({ ptsMs }) => ptsMs ?? NaN);
  // All of the 10 fps; then 20 of 60 fps for 0.33 s and of 30 fps for 0.67 s.
  assert.equal(times.filter((ms) => ms < 2000).length, 20);
  const late = times.filter((ms) => ms > 2000);
  assert.ok(late.length >= 19 && late.length <= 21, `${late.length} of 20`);
  for (const from of times) assert.ok(times.filter((ms) => ms >= from && ms < from + 1000).length <= 21, `more than 20 within a second from ${from} ms`);
});

test("every n-th counts before the rate does", async () => {
  const read = await readAll(steady, { ...SIZE, everyNth: 2, maxFps: 5 });
  assert.deepEqual(numbers(read), [0, 6, 12, 18, 24, 30, 36, 42, 48, 54]);
  assertAccounted(read, 60);
});

test("a file as a camera: key frames alone where they are enough, in as many frames as are wanted", async () => {
  const camera = join(folder, "camera.mp4");
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=20:duration=3", "-pix_fmt", "yuv420p", "-g", "10", "-keyint_min", "10", "-sc_threshold", "0", "-bf", "0", camera);
  const keys = await readAll(camera, { ...SIZE, realtime: true, maxFps: 2 });
  assert.deepEqual(keys.headers.map(({ ptsMs }) => ptsMs), [0, 500, 1000, 1500, 2000, 2500]);
  assert.equal(keys.events.filter(({ type }) => type === "skipped").length, 0);
  const all = await readAll(camera, { ...SIZE, maxFps: 4 });
  assert.deepEqual(all.headers.map(({ frame, ptsMs }) => [frame, ptsMs]), [...Array(12).keys()].map((i) => [5 * i, 250 * i]));
});

test("while it runs it is told another rate, and whether somebody looks: pictures are made only then", async () => {
  using _held = systemClock.hold();
  const clip = join(folder, "long.mp4");
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=30:duration=20", "-pix_fmt", "yuv420p", "-g", "60", "-bf", "0", clip);
  const ring = createRing({ slots: 3, slotBytes: 3 * 64 * 64 });
  const options = {
    ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime: true, loop: true, decodeThreads: 1, maxFps: 5, picture: { fps: 10, widthPx: 64 }, limits: liveLimits(),
    input: { ...SIZE, letterbox: CENTRED },
  };
  await using source = await openSource(clip, "told", options, ring, { clock: systemClock, signal: new AbortController().signal });
  const events: Extract<SourceEvent, { type: "frame" }>[] = [];
  const pictures: number[] = [];
  const steps: { readonly met: () => boolean; readonly then: () => void }[] = [];
  const over = deferred();
  const last = (n: number) => events.slice(-n);
  const gaps = (n: number): number[] => last(n).slice(1).map(({ header }, i) => header.frame - (last(n)[i]?.header.frame ?? 0));
  steps.push(
    { met: () => events.length >= 4 && gaps(4).every((gap) => gap === 6) && events.every(({ hasPicture }) => !hasPicture), then: () => source.watch(true) },
    { met: () => pictures.length >= 3 && last(3).every(({ hasPicture }) => hasPicture), then: () => source.want(15) },
    { met: () => gaps(5).every((gap) => gap === 2), then: () => source.watch(false) },
    { met: () => last(6).every(({ hasPicture }) => !hasPicture), then: () => source.want(null) },
    { met: () => gaps(5).every((gap) => gap === 1), then: () => over.resolve() },
  );
  source.start((event) => {
    if (event.type !== "frame") return;
    events.push(event);
    if (event.hasPicture) source.takePicture(event.header.frame, () => pictures.push(event.header.frame));
    event.lease[Symbol.dispose]();
    if (steps[0]?.met()) steps.shift()?.then();
  });
  using _late = systemClock.after(30_000, () => over.reject(new Error(`${steps.length} steps are left; ${events.length} frames, the last ${last(6).map(({ header, hasPicture }) => `${header.frame}${hasPicture ? "p" : ""}`).join(" ")}`)));
  await over.promise;
});

describe("a command", () => {
  test("is no longer than FFmpeg takes, at any rate", () => {
    for (const fps of [1 / 7, 0.001, 29.97, 1000]) assert.ok(beyondRate(fps).length <= 255, `${beyondRate(fps).length}`);
  });
  test("says only what is new", () => {
    assert.equal(commandsFor({ maxFps: 5, watched: true }, { maxFps: 5, watched: false }), "cmetadata@watch -1 enable 0\n");
    assert.equal(commandsFor({ maxFps: null, watched: false }, { maxFps: 5, watched: false }), "cmetadata@rate -1 enable 0\n");
    assert.equal(commandsFor({ maxFps: 5, watched: true }, { maxFps: 5, watched: true }), "");
  });
});

test("what became of a frame is read from the lines of three showinfos, or of one", () => {
  const fates: FrameFate[] = [];
  const reader = fateReader((fate) => fates.push(fate));
  const line = (at: FrameFate["info"]["at"], n: number): void => reader.take({ at, n, ptsMs: 40 * n, widthPx: 2, heightPx: 2 });
  const lines = [["all", 0], ["seen", 0], ["kept", 0], ["all", 1], ["all", 2], ["kept", 1], ["all", 3]] as const;
  for (const [at, n] of lines) line(at, n);
  assert.deepEqual(fates.map(({ info, isKept, hasPicture }) => [info.n, isKept, hasPicture]), [[0, true, true], [1, false, false], [2, true, false]]);
  reader.end();
  line("only", 4);
  assert.deepEqual(fates.slice(3).map(({ info, isKept }) => [info.n, isKept]), [[3, false], [4, true]]);
});
