import { spawn } from "node:child_process";
import { once } from "node:events";
import { systemClock } from "../core/clock.js";
import type { RuntimeWish } from "../core/devices.js";
import { letterboxFor, makeDecoder, type DetectLimits, type ModelInfo } from "../model/index.js";
import { chooseRuntime, openRuntimeSession } from "../pool/index.js";

/**
 * (c) The plain way: an FFmpeg pipe of rgb24 at the model's size, one session with N intra-op threads on the main
 * thread, one frame after another, the same decoding of outputs. Frames a second.
 */
export async function measurePlain(
  model: ModelInfo,
  wish: RuntimeWish,
  source: string,
  sourceSize: { widthPx: number; heightPx: number },
  limits: DetectLimits,
  threads: number,
  windowMs: number,
): Promise<number> {
  const { inputWidthPx: width, inputHeightPx: height } = model;
  const letterbox = letterboxFor(model.letterbox, width, height, sourceSize.widthPx, sourceSize.heightPx);
  const session = await openRuntimeSession({ ...model, ...chooseRuntime(wish), intraOpThreads: threads });
  const decoder = makeDecoder(model, limits);
  const place = `${letterbox.leftPx}:${letterbox.topPx}`;
  const filter = `scale=${letterbox.contentWidthPx}:${letterbox.contentHeightPx},pad=${width}:${height}:${place}:color=0x727272`;
  const args = ["-v", "error", "-stream_loop", "-1", "-i", source, "-an", "-vf", filter, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
  const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "ignore"] });
  const frameBytes = width * height * 3;
  let frames = 0;
  let begin = 0;
  let rest = Buffer.alloc(0);
  for await (const chunk of child.stdout) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    while (rest.length >= frameBytes) {
      if (session.input instanceof Float32Array) fillFromRgb(rest, model, session.input);
      else if (session.input instanceof Uint8Array) fillFromRgb(rest, { ...model, scale: 1 }, session.input);
      rest = rest.subarray(frameBytes);
      await session.run((outputs) => decoder.decode(outputs, letterbox));
      if (begin === 0) begin = systemClock.monotonicMs();
      else frames += 1;
    }
    if (begin > 0 && systemClock.monotonicMs() - begin > windowMs) break;
  }
  const fps = frames / ((systemClock.monotonicMs() - begin) / 1000);
  child.kill("SIGKILL");
  await once(child, "close");
  await session[Symbol.asyncDispose]();
  return fps;
}

/** Interleaved RGB to the model's planes. */
function fillFromRgb(rgb: Uint8Array, { channels, scale }: ModelInfo, input: Float32Array | Uint8Array): void {
  const area = input.length / 3;
  const [first, last] = channels === "rgb" ? [0, 2] : [2, 0];
  for (let i = 0, from = 0; i < area; i += 1, from += 3) {
    input[i] = rgb[from + first]! * scale;
    input[area + i] = rgb[from + 1]! * scale;
    input[2 * area + i] = rgb[from + last]! * scale;
  }
}
