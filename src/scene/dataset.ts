import { spawn } from "node:child_process";
import { once } from "node:events";
import { open, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PICTURE_HEIGHT_PX, PICTURE_WIDTH_PX } from "./camera.js";
import { seededRandom } from "./random.js";
import { createRenderer } from "./render.js";
import { makeStreet, type Street } from "./street.js";
import type { TrueObject } from "./truth.js";
import type { VariantName } from "./variant.js";

/** What a data set holds: `perScene` frames of each of `scenes` scenes, whose seeds begin at `seed`. */
export interface DatasetPlan {
  /** The folder for `frames.rgb` and `labels.jsonl`; made when missing. */
  readonly outDir: string;
  readonly seed: number;
  readonly scenes: number;
  readonly perScene: number;
  readonly variant: VariantName;
  /** With the camera's noise, blur and JPEG. */
  readonly flawed: boolean;
}

/** Size of one frame in `frames.rgb`. */
export const FRAME_BYTES = PICTURE_WIDTH_PX * PICTURE_HEIGHT_PX * 3;
/** Frames are taken from the first minute of a scene, s. */
const SCENE_S = 60;
/** Progress is told once in so many scenes. */
const REPORT_EVERY = 50;

/** What a frame shows, as it stands on one line of `labels.jsonl`. */
export interface Label {
  readonly seed: number;
  readonly view: Street["view"];
  readonly time: Street["time"];
  readonly rain: boolean;
  /** Moment of the scene, s. */
  readonly atS: number;
  /** Boxes in px of the frame, to a hundredth; see `TrueObject`. */
  readonly objects: readonly Omit<TrueObject, "inFrame">[];
}

/** Describes a frame of a scene. */
export function labelOf(street: Street, atS: number, objects: readonly TrueObject[]): Label {
  const { seed, view, time, rain } = street;
  const rounded = objects.map(({ classId, box, trackId, visible, ignore }) => {
    const [left, top, right, bottom] = box;
    return {
      classId,
      box: [round(left, 2), round(top, 2), round(right, 2), round(bottom, 2)] as const,
      trackId,
      visible: round(visible, 3),
      ignore,
    };
  });
  return { seed, view, time, rain, atS: round(atS, 3), objects: rounded };
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** Draws one part of a set: its scenes from `fromScene` up to `toScene` (excluded), at their place in `frames.rgb`. */
export async function writePart(
  plan: DatasetPlan,
  fromScene: number,
  toScene: number,
  report: (line: string) => void,
): Promise<void> {
  await mkdir(plan.outDir, { recursive: true });
  await using frames = await open(join(plan.outDir, "frames.rgb"), "a").then(async (made) => {
    await made.close();
    return await open(join(plan.outDir, "frames.rgb"), "r+");
  });
  const lines: string[] = [];
  for (let scene = fromScene; scene < toScene; scene++) {
    const street = makeStreet(plan.seed + scene, { variant: plan.variant });
    const renderer = await createRenderer(street);
    const random = seededRandom(street.paintSeed);
    for (let i = 0; i < plan.perScene; i++) {
      const atS = random.between(0, SCENE_S);
      const frame = await renderer.frame(atS, plan.flawed);
      await frames.write(frame.picture.data, 0, FRAME_BYTES, (scene * plan.perScene + i) * FRAME_BYTES);
      lines.push(`${JSON.stringify(labelOf(street, atS, frame.objects))}\n`);
    }
    if ((scene + 1 - fromScene) % REPORT_EVERY === 0) report(`scenes ${fromScene}..${scene} of ${toScene} drawn`);
  }
  await writeFile(partFile(plan, fromScene), lines.join(""));
}

const partFile = (plan: DatasetPlan, fromScene: number): string => join(plan.outDir, `labels.${fromScene}.part`);

/**
 * Draws a set with several processes: each runs `program` (its first item is the executable) with the first and the
 * last scene of its part added, and calls `writePart` with them. The labels are joined in order at the end.
 */
export async function writeDataset(
  plan: DatasetPlan,
  processes: number,
  program: readonly [string, ...string[]],
): Promise<void> {
  await mkdir(plan.outDir, { recursive: true });
  await rm(join(plan.outDir, "frames.rgb"), { force: true });
  const perPart = Math.ceil(plan.scenes / processes);
  const starts = Array.from({ length: processes }, (_, i) => i * perPart).filter((start) => start < plan.scenes);
  await Promise.all(
    starts.map(async (start) => {
      const [command, ...args] = program;
      const part = `${start}-${Math.min(plan.scenes, start + perPart)}`;
      const child = spawn(command, [...args, "--part", part], { stdio: ["ignore", "ignore", "inherit"] });
      const [status] = (await once(child, "exit")) as [number | null];
      if (status !== 0) throw new Error(`drawing scenes ${part} ended with status ${status}`);
    }),
  );
  const labels = await Promise.all(starts.map((start) => readFile(partFile(plan, start), "utf8")));
  await writeFile(join(plan.outDir, "labels.jsonl"), labels.join(""));
  await Promise.all(starts.map((start) => rm(partFile(plan, start))));
}
