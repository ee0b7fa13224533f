import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../core/clock.js";
import { deferred } from "../core/lifetime.js";
import { PipelineError } from "../core/errors.js";
import { machineLine } from "../machine/index.js";
import { createRing } from "../ring/index.js";
import type { SessionOptions } from "../session/index.js";
import { checkFfmpeg, openSource, type SourceOptions } from "../source/index.js";
import { childSeconds } from "./cpu.js";
import { spread, type Spread } from "./rounds.js";

/** What is asked: what decoding costs of a stream of which less is wanted than comes. */
export interface DecodeTask {
  /** Settings as for `run`; of its source only the programs. */
  readonly session: SessionOptions;
  readonly rounds: number;
  /** Length of each clip, s of video. */
  readonly seconds: number;
  readonly command: string;
}

/** One clip at one wanted rate, ours against the plain way, in turn. */
export interface DecodeFigures {
  readonly clip: string;
  readonly wantedFps: number;
  /** What was decoded. */
  readonly decoded: string;
  /** Frames that came, a second of video. */
  readonly fps: number;
  /** Processor time of FFmpeg for a second of video, ms: ours, and with every frame decoded, scaled, sent and a picture made. */
  readonly oursMs: Spread;
  readonly plainMs: Spread;
  /** Round by round: neighbours in time. */
  readonly ratio: Spread;
}

/** What `bench --decode` gives back; `--json` prints it as it is. */
export interface DecodeReport {
  readonly machine: string;
  readonly ffmpeg: string;
  readonly command: string;
  readonly rounds: number;
  readonly seconds: number;
  readonly figures: readonly DecodeFigures[];
  /** Clips that could not be made here, with the reason. */
  readonly left: readonly { readonly clip: string; readonly why: string }[];
}

/** What a run of it needs. */
export interface DecodeWorld {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

const FPS = 30;
const WANTED_FPS = [1, 5, 15] as const;
/** As a model of 640 pixels takes them, and as the page shows them. */
const INPUT = { widthPx: 640, heightPx: 640, letterbox: { placement: "centre", rounding: "half-even", padValue: 114 } } as const;
const PICTURE = { fps: 10, widthPx: 960 } as const;
const SLOTS = 4;

interface ClipKind {
  readonly name: string;
  readonly size: string;
  readonly coding: readonly string[];
}

const X264 = ["-c:v", "libx264", "-preset", "veryfast", "-sc_threshold", "0"];
const X265 = ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"];
/** Cameras send a key frame every second or two, and no B-frames; recorders and servers do. */
const CLIPS: readonly ClipKind[] = [
  { name: "1080p H.264, GOP 30", size: "1920x1080", coding: [...X264, "-g", "30", "-bf", "0"] },
  { name: "1080p H.264, GOP 60", size: "1920x1080", coding: [...X264, "-g", "60", "-bf", "0"] },
  { name: "1080p H.264, GOP 60, 3 B-frames", size: "1920x1080", coding: [...X264, "-g", "60", "-bf", "3"] },
  { name: "1080p HEVC, GOP 30", size: "1920x1080", coding: [...X265, "-x265-params", "log-level=none:keyint=30:min-keyint=30:bframes=0:scenecut=0"] },
  { name: "4K H.264, GOP 30", size: "3840x2160", coding: [...X264, "-g", "30", "-bf", "0"] },
  { name: "4K HEVC, GOP 30", size: "3840x2160", coding: [...X265, "-x265-params", "log-level=none:keyint=30:min-keyint=30:bframes=0:scenecut=0"] },
];

/**
 * Measures FFmpeg's processor time for a second of video, of what the product asks of it and of the plain way, in turn.
 * @throws PipelineError E_BENCH where the system does not tell processor times, E_FFMPEG_*
 */
export async function runDecode(task: DecodeTask, { signal, progress }: DecodeWorld): Promise<DecodeReport> {
  const { session, rounds, seconds, command } = task;
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  const figures: DecodeFigures[] = [];
  const left: { clip: string; why: string }[] = [];
  try {
    const { text } = await checkFfmpeg(session.source.ffmpegPath, signal);
    for (const [i, kind] of CLIPS.entries()) {
      const path = join(folder, `clip-${i}.mp4`);
      progress(`${kind.name}: making ${seconds} s`);
      const why = await makeClip(session, kind, seconds, path, signal);
      if (why !== null) {
        left.push({ clip: kind.name, why });
        continue;
      }
      for (const wantedFps of WANTED_FPS) figures.push(await measureClip(task, kind.name, path, wantedFps, { signal, progress }));
      await rm(path);
    }
    return { machine: machineLine(), ffmpeg: text, command, rounds, seconds, figures, left };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A picture in which everything moves. Returns why it can't be made; null = it was. */
async function makeClip({ source }: SessionOptions, { size, coding }: ClipKind, seconds: number, path: string, signal: AbortSignal): Promise<string | null> {
  const args = ["-v", "error", "-y", "-f", "lavfi", "-i", `testsrc2=size=${size}:rate=${FPS}:duration=${seconds}`, "-pix_fmt", "yuv420p", ...coding, path];
  return promisify(execFile)(source.ffmpegPath, args, { signal }).then(() => null, (cause: Error) => {
    if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped while a clip was made");
    return cause.message.trim().split("\n").pop() ?? "";
  });
}

async function measureClip({ session, rounds, seconds }: DecodeTask, clip: string, path: string, wantedFps: number, { signal, progress }: DecodeWorld): Promise<DecodeFigures> {
  const ours: Decoded[] = [];
  const plain: Decoded[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    progress(`${clip}, ${wantedFps} fps wanted: round ${round} of ${rounds}`);
    ours.push(await decodeOnce(path, { ...session.source, decode: "auto", maxFps: wantedFps }, signal));
    plain.push(await decodeOnce(path, { ...session.source, decode: "all", maxFps: null, thinsItself: false }, signal));
  }
  const perSecond = (one: Decoded): number => (1000 * one.cpuSeconds) / seconds;
  const [last] = ours.slice(-1);
  return {
    clip, wantedFps,
    decoded: last?.decoded ?? "",
    fps: (last?.frames ?? 0) / seconds,
    oursMs: spread(ours.map(perSecond)),
    plainMs: spread(plain.map(perSecond)),
    ratio: spread(ours.map((one, i) => one.cpuSeconds / plain[i]!.cpuSeconds)),
  };
}

interface Decoded {
  readonly cpuSeconds: number;
  readonly frames: number;
  readonly decoded: string;
}

/** Decodes a clip as a camera's stream would be, but as fast as it goes: what is decoded is chosen as for one in real time. Nobody looks. */
async function decodeOnce(path: string, source: Pick<SourceOptions, "ffmpegPath" | "ffprobePath" | "decode" | "maxFps" | "thinsItself">, signal: AbortSignal): Promise<Decoded> {
  const ring = createRing({ slots: SLOTS, slotBytes: 3 * INPUT.widthPx * INPUT.heightPx });
  let decoded = "every frame";
  const tell = (words: string): void => void (decoded = words.slice(words.indexOf(": ") + 2));
  const options: SourceOptions = { ...source, realtime: false, countsPlaces: false, loop: false, decodeThreads: "auto", hwaccel: "none", picture: PICTURE, input: INPUT, limits: NO_LIMITS };
  await using opened = await openSource(path, "bench", options, ring, { clock: systemClock, signal, tell });
  const over = deferred();
  let frames = 0;
  const before = childSeconds();
  opened.start((event) => {
    if (event.type === "ended") {
      if (event.error) over.reject(event.error);
      else over.resolve();
    }
    if (event.type !== "frame") return;
    frames += 1;
    event.lease[Symbol.dispose]();
  });
  await over.promise;
  await opened[Symbol.asyncDispose]();
  const after = childSeconds();
  if (before === null || after === null) throw new PipelineError("E_BENCH", "this system does not tell the processor time of programs that have ended");
  return { cpuSeconds: after - before, frames, decoded };
}

/** Of a file none is asked for. */
const NO_LIMITS = { connectTimeoutMs: 0, firstFrameTimeoutMs: 0, silenceTimeoutMs: 0, backoffMinMs: 0, backoffMaxMs: 0, healthyAfterMs: 0 };

/** The report for a person. Pure. */
export function decodeReportText({ machine, ffmpeg, command, rounds, seconds, figures, left }: DecodeReport): string {
  const lines = [
    machine, `FFmpeg ${ffmpeg}`, `$ ${command}`,
    `processor time of FFmpeg for a second of ${FPS} fps video, nobody watching; median (least to greatest) of ${rounds} rounds of ${seconds} s`, "",
    `${"clip".padEnd(32)} ${"wanted".padStart(6)}  ${"ours".padStart(24)}  ${"plain way".padStart(24)}  ${"ratio".padStart(5)}  what`,
  ];
  const ms = ({ median, min, max }: Spread): string => `${median.toFixed(0)} ms (${min.toFixed(0)} to ${max.toFixed(0)})`;
  for (const { clip, wantedFps, decoded, oursMs, plainMs, ratio } of figures) {
    lines.push(`${clip.padEnd(32)} ${String(wantedFps).padStart(6)}  ${ms(oursMs).padStart(24)}  ${ms(plainMs).padStart(24)}  ${ratio.median.toFixed(2).padStart(5)}  ${decoded}`);
  }
  for (const { clip, why } of left) lines.push(`${clip}: not here (${why})`);
  return `${lines.join("\n")}\n`;
}
