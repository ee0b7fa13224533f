import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { madeOf } from "./made.js";

/** What a common camera sends. */
export const LIVE_FPS = 30;
/** The slowest is slow to its first result by a few seconds, and what it has not read yet must still be there. */
const LIVE_FRAMES = 30 * LIVE_FPS;
/** Cells of black (0) and white (1) along the top, from the lowest bit; programs/common.py reads them. */
const CELL_PX = 32;
const CELLS = 16;
const PACKET_BYTES = 188;
/** Where FFmpeg's muxer puts its first stream. */
const VIDEO_PID = 0x100;

/** The clip at 30 frames a second with each frame's number in its pixels, as MPEG-TS (H.264), frame by frame. */
export function liveFrames(clip: string, folder: string): Buffer[] {
  const file = madeOf(clip, folder, `live-${LIVE_FRAMES}.ts`, (made) => {
    const cells = Array.from({ length: CELLS }, (_, bit) => `drawbox=x=${bit * CELL_PX}:y=0:w=${CELL_PX}:h=${CELL_PX}:color=white:t=fill:enable='mod(floor(n/${2 ** bit}),2)'`);
    const filter = [`setpts=N/${LIVE_FPS}/TB`, `drawbox=x=0:y=0:w=${CELLS * CELL_PX}:h=${CELL_PX}:color=black:t=fill`, ...cells].join(",");
    const encoder = ["-c:v", "libx264", "-preset", "veryfast", "-bf", "0", "-g", String(LIVE_FPS), "-pix_fmt", "yuv420p"];
    execFileSync("ffmpeg", ["-v", "error", "-y", "-stream_loop", "-1", "-i", clip, "-an", "-vf", filter, "-r", String(LIVE_FPS), "-frames:v", String(LIVE_FRAMES), ...encoder, "-muxdelay", "0", "-f", "mpegts", made]);
  });
  return splitFrames(readFileSync(file));
}

/** Cuts a transport stream before each of its pictures; tables go with the picture after them. ISO/IEC 13818-1, 2.4.3.2. */
export function splitFrames(stream: Buffer): Buffer[] {
  const begins: number[] = [];
  let tables = -1;
  for (let at = 0; at + PACKET_BYTES <= stream.length; at += PACKET_BYTES) {
    const starts = (stream[at + 1]! & 0x40) !== 0;
    const pid = ((stream[at + 1]! & 0x1f) << 8) | stream[at + 2]!;
    if (pid !== VIDEO_PID) {
      if (tables < 0) tables = at;
    } else {
      if (starts) begins.push(tables >= 0 ? tables : at);
      tables = -1;
    }
  }
  return begins.map((begin, index) => stream.subarray(begin, begins[index + 1] ?? stream.length));
}
