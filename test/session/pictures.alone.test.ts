import assert from "node:assert/strict";
import { test } from "node:test";
import { WebSocket } from "ws";
import { systemClock } from "../../src/core/clock.js";
import { deferred } from "../../src/core/lifetime.js";
import { openSession } from "../../src/session/index.js";
import { project } from "../support/paths.js";
import { collector, settings } from "../support/session.js";

const WATCHED_MS = 4000;
/** Where the picture message's frame number lies: version u8, flags u8, name length u16, epoch u32, frame u32. */
const FRAME_OFFSET = 8;

test("one watcher sees at least 0.9 x min(10, inferred fps) pictures a second, each of a frame that was looked at", async () => {
  const stop = new AbortController();
  const { sink, records } = collector();
  const options = settings({
    sources: [project("samples", "street.mp4")], model: { path: project("samples", "street.onnx") },
    source: { realtime: true, loop: true }, inference: { workers: 2 }, serve: { port: 0 },
  });
  const world = { signal: stop.signal, clock: systemClock, version: "test", notice: () => undefined, extraSinks: [sink] };
  await using session = await openSession(options, world);
  const socket = new WebSocket(`${session.url?.replace("http", "ws")}ws`.replace("//ws", "/ws"), "sightline.v1");
  const pictures: { frame: number; atMs: number; detected: number }[] = [];
  const over = deferred();
  socket.on("message", (data: Buffer, isBinary: boolean) => {
    if (!isBinary) return;
    const frame = data.readUInt32LE(FRAME_OFFSET);
    pictures.push({ frame, atMs: systemClock.monotonicMs(), detected: session.stats()[0]!.outcomes.detected });
    socket.send(JSON.stringify({ type: "ack", stream: "street", frame }));
    if (systemClock.monotonicMs() - (pictures[0]?.atMs ?? Infinity) > WATCHED_MS) over.resolve();
  });
  socket.once("open", () => socket.send(JSON.stringify({ type: "subscribe", streams: ["*"], topics: ["video"] })));
  socket.once("error", over.reject);
  await over.promise;
  stop.abort();
  await session.done;
  socket.terminate();
  const [first, last] = [pictures[0]!, pictures.at(-1)!];
  const seconds = (last.atMs - first.atMs) / 1000;
  const rate = (pictures.length - 1) / seconds;
  const inferredFps = (last.detected - first.detected) / seconds;
  assert.ok(rate >= 0.9 * Math.min(10, inferredFps), `${rate.toFixed(1)} pictures a second of ${inferredFps.toFixed(1)} inferred`);
  const detected = new Set(records.filter((record) => record.outcome === "detected").map((record) => record.frame));
  assert.deepEqual(pictures.filter(({ frame }) => !detected.has(frame)), []);
});
