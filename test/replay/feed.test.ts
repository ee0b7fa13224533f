import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { decodeVideoFrame } from "../../src/core/video-frame.js";
import { systemClock } from "../../src/core/clock.js";
import { decodeStill } from "../../src/picture/index.js";
import { openReplay, type Replay, type ReplayOptions } from "../../src/replay/index.js";
import { BITS, SIZE, writeNumberedClip } from "../dashboard/numbered-run.js";
import { connect, type Message, type TestClient } from "../gateway/clients.js";
import { until } from "../support/until.js";
import { lines, logFolder, writeLog } from "./logs.js";

/** A replay on a free port; what it had to say. */
async function replayed(t: TestContext, logs: readonly string[], more: Partial<ReplayOptions> = {}): Promise<{ replay: Replay; words: string[] }> {
  const words: string[] = [];
  const options: ReplayOptions = {
    logs, clips: [], stream: null, speed: 1, loop: false, from: null, version: "test", source: { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe" },
    serve: { host: "127.0.0.1", port: 0, pictureFps: 10, pictureWidthPx: 640 }, ...more,
  };
  const replay = await openReplay(options, { clock: systemClock, signal: new AbortController().signal, notice: ({ message }) => void words.push(message) });
  t.after(() => replay[Symbol.asyncDispose]());
  return { replay, words };
}

async function ask(replay: Replay, command?: object): Promise<{ status: number; body: Record<string, unknown> }> {
  const init = command && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(command) };
  const answer = await fetch(new URL("/api/v1/playback", replay.url), init);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

const frames = (messages: readonly Message[]): unknown[] => messages.filter(({ type }) => type === "frame").map(({ frame }) => frame);

/** The number that a picture of the clip shows in its bars. */
async function numberIn(jpeg: Uint8Array): Promise<number> {
  const { data, widthPx, heightPx } = await decodeStill(jpeg);
  const row = Math.round(heightPx / 2) * widthPx;
  let number = 0;
  for (let bit = 0; bit < BITS; bit += 1) if (data[3 * (row + Math.floor(((bit + 0.5) * widthPx) / BITS))]! > 128) number += 2 ** bit;
  return number;
}

/** Acknowledges each picture, and keeps them. */
function pictures(client: TestClient) {
  const seen: { frame: number; epoch: number; ptsMs: number | null; jpeg: Uint8Array }[] = [];
  client.socket.on("message", (data: Buffer, isBinary: boolean) => {
    const picture = isBinary ? decodeVideoFrame(Uint8Array.from(data).buffer) : undefined;
    if (!picture) return;
    seen.push(picture);
    client.send({ type: "ack", stream: picture.stream, frame: picture.frame });
  });
  return seen;
}

test("each picture is the frame of its record: played, stepped, sought back and forth, and paused for who comes later", async (t) => {
  const clip = join(logFolder(t), "gate.mp4");
  // A key frame each second, B-frames between: frames are stored in another order than they are shown.
  await writeNumberedClip(clip, 200, 25);
  const { replay, words } = await replayed(t, [writeLog(t, lines(0, 200).filter((_, i) => i % 3 !== 1))], { clips: [clip] });
  using client = await connect({ url: replay.url } as never);
  const seen = pictures(client);
  client.send({ type: "subscribe", topics: ["detections", "video"] });
  await until(() => seen.length >= 5, "pictures while it plays");
  await ask(replay, { command: "pause" });
  const shows = async (command: object, frame: number): Promise<void> => {
    const { status, body } = await ask(replay, command);
    assert.deepEqual([status, body["state"]], [200, "paused"]);
    await until(() => seen.at(-1)?.frame === frame, `the picture of frame ${frame}, the last one is of ${seen.at(-1)?.frame}`);
  };
  await shows({ command: "seek", to: { positionMs: 150 * 40 } }, 150);
  await shows({ command: "step", frames: 1 }, 152);
  await shows({ command: "step", frames: -1, stream: "gate" }, 150);
  await shows({ command: "step", frames: -1 }, 149);
  await shows({ command: "seek", to: { share: 0 } }, 0);
  await shows({ command: "seek", to: { positionMs: 198 * 40 } }, 198);
  using later = await connect({ url: replay.url } as never);
  const seenLater = pictures(later);
  later.send({ type: "subscribe", topics: ["detections", "video"] });
  await until(() => seenLater.length > 0, "the paused picture");
  assert.equal(seenLater[0]!.frame, 198);
  for (const { frame, ptsMs, epoch, jpeg } of [...seen, ...seenLater]) {
    assert.equal(await numberIn(jpeg), frame, "the number in the pixels");
    assert.deepEqual([ptsMs, epoch], [frame * 40, 1]);
  }
  assert.deepEqual(words, []);
});

test("a feed client gets exactly the log from a seek on, after a message with another instance; who comes back does not resume what was before", async (t) => {
  const { replay } = await replayed(t, [writeLog(t, lines(0, 1200))], { speed: "max" });
  using client = await connect({ url: replay.url } as never);
  const hello = await client.until(({ type }) => type === "hello");
  const first = await client.until(({ type }) => type === "playback");
  assert.equal(first["instance"], hello["instance"]);
  await until(() => replay.state().state === "ended", "the end");
  await ask(replay, { command: "step", frames: -1 });
  client.messages.length = 0;
  client.send({ type: "subscribe", topics: ["detections"] });
  await client.until(({ type }) => type === "subscribed");
  await ask(replay, { command: "seek", to: { positionMs: 700 * 40 } });
  await ask(replay, { command: "play" });
  await until(() => frames(client.messages).includes(1199), "the end again");
  const jump = client.messages.findIndex(({ type, instance, positionMs }) => type === "playback" && instance !== first["instance"] && positionMs === 700 * 40);
  assert.deepEqual(frames(client.messages.slice(jump)), Array.from({ length: 500 }, (_, i) => 700 + i));
  const { instance } = client.messages[jump]!;
  assert.match(String(instance), new RegExp(`^${String(hello["instance"])}-\\d+$`));
  assert.deepEqual(client.messages.filter(({ type }) => type === "gap"), []);
  using back = await connect({ url: replay.url } as never);
  assert.equal((await back.until(({ type }) => type === "hello"))["instance"], instance);
});

test("without a clip there is an empty picture of the records' shape for each record", async (t) => {
  const { replay } = await replayed(t, [writeLog(t, lines(0, 50, () => ({ widthPx: 1920, heightPx: 1080 })))]);
  using client = await connect({ url: replay.url } as never);
  const seen = pictures(client);
  client.send({ type: "subscribe", topics: ["detections", "video"] });
  await until(() => seen.length >= 3, "pictures");
  const { widthPx, heightPx, data } = await decodeStill(seen[0]!.jpeg);
  assert.deepEqual([widthPx, heightPx, data.every((value) => value < 64)], [640, 360, true]);
  assert.ok(frames(client.messages).includes(seen[0]!.frame));
});

test("a clip of another size or other times, and streams that are not there, are refused in words", async (t) => {
  const folder = logFolder(t);
  const clip = join(folder, "gate.mp4");
  await writeNumberedClip(clip, 30, 25);
  const large = writeLog(t, lines(0, 5, () => ({ widthPx: 640, heightPx: 360 })));
  const late = writeLog(t, lines(0, 5, (frame) => ({ ptsMs: 13 + frame * 40 })));
  const two = writeLog(t, [...lines(0, 5), ...lines(0, 5, () => ({ stream: "yard" }))]);
  const rejects = (logs: string, more: Partial<ReplayOptions>, code: string, message: RegExp): Promise<void> => assert.rejects(replayed(t, [logs], more), (error: Error & { code?: string }) => error.code === code && message.test(error.message));
  await rejects(large, { clips: [clip] }, "E_CLIP", new RegExp(`gate\\.mp4 has pictures of ${SIZE.widthPx}x${SIZE.heightPx}, the records of gate are of 640x360`));
  await rejects(late, { clips: [clip] }, "E_CLIP", /gate\.mp4 has no frame for the record of frame 0 of gate, whose media time is 0\.013 s/);
  await rejects(two, { clips: [`street=${clip}`] }, "E_LOG_STREAM", /no stream street; it has gate, yard/);
  await rejects(two, { stream: "street" }, "E_LOG_STREAM", /no stream street; it has gate, yard/);
  await rejects(two, { clips: [join(folder, "no.mp4")] }, "E_USAGE", /several streams \(gate, yard\).*STREAM=/);
  await rejects(two, { clips: [`gate=${join(folder, "no.mp4")}`] }, "E_SOURCE_MISSING", /no\.mp4/);
});

test("a clip that was played round and round shows each round", async (t) => {
  const clip = join(logFolder(t), "gate.mp4");
  await writeNumberedClip(clip, 30, 25);
  const { replay } = await replayed(t, [writeLog(t, lines(0, 90))], { clips: [clip] });
  using client = await connect({ url: replay.url } as never);
  const seen = pictures(client);
  await ask(replay, { command: "pause" });
  client.send({ type: "subscribe", topics: ["detections", "video"] });
  for (const frame of [29, 30, 31, 89, 61]) {
    await ask(replay, { command: "seek", to: { positionMs: frame * 40 } });
    await until(() => seen.at(-1)?.frame === frame, `frame ${frame}`);
    assert.equal(await numberIn(seen.at(-1)!.jpeg), frame % 30);
  }
});

test("the API tells and steers; what is not understood or not there is refused", async (t) => {
  const { replay } = await replayed(t, [writeLog(t, lines(0, 100))], { loop: true, from: { positionMs: 2000 } });
  const { body } = await ask(replay);
  assert.deepEqual({ ...body, positionMs: 0, at: "" }, {
    state: "playing", positionMs: 0, durationMs: 3960, at: "", beginsAt: "2026-11-20T10:00:00.000Z", endsAt: "2026-11-20T10:00:03.960Z", speed: 1, loop: true, jumps: 0,
  });
  assert.ok(Number(body["positionMs"]) >= 2000);
  assert.deepEqual((await ask(replay, { command: "speed", speed: 0.5 })).body["speed"], 0.5);
  assert.deepEqual((await ask(replay, { command: "loop", loop: false })).body["loop"], false);
  for (const wrong of [{ command: "speed", speed: 17 }, { command: "seek", to: { share: 2 } }, { command: "seek" }, { command: "fly" }, { command: "step", frames: 2 }]) {
    const { status, body: problem } = await ask(replay, wrong);
    assert.deepEqual([status, problem["code"]], [400, "E_REQUEST"], JSON.stringify(wrong));
  }
  assert.deepEqual((await ask(replay, { command: "step", frames: 1, stream: "yard" })).body["code"], "E_STREAM_UNKNOWN");
  const stopped = await fetch(new URL("/api/v1/streams/gate", replay.url), { method: "DELETE" });
  assert.deepEqual([stopped.status, ((await stopped.json()) as { code: string }).code], [409, "E_STREAM_STATE"]);
  const { streams } = (await (await fetch(new URL("/api/v1/streams", replay.url))).json()) as { streams: { name: string }[] };
  assert.deepEqual(streams.map(({ name }) => name), ["gate"]);
  assert.equal((await fetch(new URL("/readyz", replay.url))).status, 200);
});
