import { createServer, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { LIVE_FPS } from "./live-clip.js";
import { monotonicMs } from "./runner.js";

/** A camera: who connects gets the frames from the first one on, each when it is due. */
export interface LiveServer extends AsyncDisposable {
  readonly url: string;
  /** When the first frame was due for whoever connected last, ms on the clock of `monotonicMs`. */
  readonly beganAtMs: () => number;
}

const TICK_MS = 4;

/** Serves frames over HTTP. What a client does not read yet waits here, so that nothing is lost before it. */
export async function openLiveServer(frames: readonly Buffer[]): Promise<LiveServer> {
  let beganAtMs = NaN;
  const server = createServer((_request, response) => {
    response.writeHead(200, { "content-type": "video/mp2t" });
    beganAtMs = monotonicMs();
    send(frames, response, beganAtMs);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    // Without an ending, by which Ultralytics would take it for a file to fetch.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/live`,
    beganAtMs: () => beganAtMs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function send(frames: readonly Buffer[], response: ServerResponse, beganAtMs: number): void {
  let next = 0;
  const timer = setInterval(() => {
    for (; next < frames.length && monotonicMs() >= dueAtMs(beganAtMs, next); next += 1) response.write(frames[next]!);
    if (next === frames.length) response.end();
  }, TICK_MS);
  response.once("close", () => clearInterval(timer));
}

/** When a frame is due, ms. */
export const dueAtMs = (beganAtMs: number, frame: number): number => beganAtMs + (frame * 1000) / LIVE_FPS;
