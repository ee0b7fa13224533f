import { spawn } from "node:child_process";
import { once } from "node:events";
import { PipelineError } from "../core/errors.js";
import { lastDuty } from "../core/last-duties.js";
import { CLASS_NAMES, createRenderer, makeStreet, seededRandom, type Random, type Street } from "../scene/index.js";
import type { Passage } from "./gate-compare.js";

/** A street before a camera with a fault, and when somebody is in it. */
export interface GateScene {
  readonly name: string;
  readonly seed: number;
  readonly frames: number;
  /** From where to where something moves, frames; outside nobody is there. */
  readonly busy: readonly (readonly [from: number, to: number])[];
  /** What the camera does to a frame, RGB side by side, in place. */
  readonly flaw?: (rgb: Uint8Array, frame: number, random: Random) => void;
  /** Quality of libx264. */
  readonly crf: number;
}

const SCENE_FPS = 25;
const [WIDTH_PX, HEIGHT_PX] = [640, 360];
/** Frames between two key frames, as many cameras have it. */
const GOP = 25;

const allLevels = (change: (level: number) => number) => (rgb: Uint8Array): void => {
  for (let i = 0; i < rgb.length; i += 1) rgb[i] = Math.min(255, Math.max(0, change(rgb[i]!)));
};
const grain = (sigma: number) => (rgb: Uint8Array, _frame: number, random: Random): void => {
  const table = Int8Array.from({ length: 8191 }, () => (random.unit() + random.unit() + random.unit() - 1.5) * 2 * sigma);
  for (let i = 0; i < rgb.length; i += 1) rgb[i] = Math.min(255, Math.max(0, rgb[i]! + table[(i * 7) % 8191]!));
};
const streaks = (rgb: Uint8Array, _frame: number, random: Random): void => {
  for (let drop = 0; drop < 60; drop += 1) {
    const [x, y] = [random.integer(0, WIDTH_PX - 12), random.integer(0, HEIGHT_PX - 30)];
    for (let i = 0; i < 26; i += 1) for (let c = 0; c < 3; c += 1) rgb[((y + i) * WIDTH_PX + x + (i >> 2)) * 3 + c] = Math.min(255, rgb[((y + i) * WIDTH_PX + x + (i >> 2)) * 3 + c]! + 45);
  }
};

const VISITS = [[60, 120], [200, 260]] as const;
/** All of them, each with its seed: the same pictures at every machine. */
export const GATE_SCENES: readonly GateScene[] = [
  { name: "clear", seed: 2934, frames: 320, busy: VISITS, crf: 18 },
  { name: "noise", seed: 3828, frames: 320, busy: VISITS, crf: 20, flaw: grain(9) },
  { name: "flicker", seed: 1036, frames: 320, busy: VISITS, crf: 20, flaw: (rgb, frame) => allLevels((level) => level + 7 * Math.sin(frame * 2.3))(rgb) },
  { name: "exposure step", seed: 2312, frames: 320, busy: VISITS, crf: 20, flaw: (rgb, frame) => allLevels((level) => (frame < 160 ? level : level * 1.2 + 6))(rgb) },
  { name: "rain", seed: 492, frames: 320, busy: VISITS, crf: 20, flaw: streaks },
  { name: "compression", seed: 2934, frames: 320, busy: VISITS, crf: 34 },
];
/** 2 % of the frames have motion. */
export const QUIET_SCENE: GateScene = { name: "quiet", seed: 2934, frames: 3000, busy: [[1500, 1560]], crf: 20 };

/**
 * Draws a scene into a video with a key frame each second, and tells who truly passes through it.
 * @throws PipelineError E_BENCH, E_STOPPED
 */
export async function writeScene(scene: GateScene, path: string, ffmpegPath: string, signal: AbortSignal): Promise<Passage[]> {
  try {
    return await drawInto(scene, path, ffmpegPath, signal);
  } catch (cause) {
    if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped while a scene was drawn");
    throw new PipelineError("E_BENCH", `FFmpeg can't write the scene: ${(cause as Error).message}`, { cause });
  }
}

async function drawInto(scene: GateScene, path: string, ffmpegPath: string, signal: AbortSignal): Promise<Passage[]> {
  const street = makeStreet(scene.seed);
  const [busy, empty] = await Promise.all([createRenderer(street), createRenderer(emptied(street))]);
  const wall = (await empty.frame(0)).picture.data;
  const args = ["-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${WIDTH_PX}x${HEIGHT_PX}`, "-r", String(SCENE_FPS), "-i", "-", "-c:v", "libx264", "-preset", "veryfast", "-g", String(GOP), "-bf", "0", "-crf", String(scene.crf), "-pix_fmt", "yuv420p", path];
  const encoder = spawn(ffmpegPath, args, { stdio: ["pipe", "ignore", "inherit"], signal });
  using _leash = lastDuty(() => encoder.kill("SIGKILL"));
  const ended = once(encoder, "exit") as Promise<[number | null]>;
  ended.catch(() => undefined);
  // What can't be written any more is told by how it ends.
  encoder.stdin.on("error", () => undefined);
  const passages = new Map<string, { readonly label: string; readonly boxes: Map<number, readonly number[]> }>();
  for (let frame = 0; frame < scene.frames; frame += 1) {
    const visit = scene.busy.findIndex(([from, to]) => frame >= from && frame < to);
    const drawn = visit < 0 ? null : await busy.frame(50 + frame / SCENE_FPS);
    for (const { trackId, classId, box, ignore } of drawn?.objects ?? []) {
      if (ignore) continue;
      const key = `${visit}.${trackId}`;
      const passage = passages.get(key) ?? { label: CLASS_NAMES[classId], boxes: new Map<number, readonly number[]>() };
      passages.set(key, passage);
      passage.boxes.set(frame, box);
    }
    const picture = drawn?.picture.data ?? wall;
    const rgb = scene.flaw ? new Uint8Array(picture) : picture;
    scene.flaw?.(rgb, frame, seededRandom(scene.seed + frame));
    if (!encoder.stdin.write(rgb)) await Promise.race([once(encoder.stdin, "drain"), ended]);
  }
  encoder.stdin.end();
  const [status] = await ended;
  if (status !== 0) throw new Error(`it ended with status ${status}`);
  return [...passages.values()];
}

const emptied = (street: Street): Street => ({ ...street, movers: [] });
