import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import { machineLine } from "../machine/index.js";
import { NO_GATE, openSession, type SessionOptions } from "../session/index.js";
import { directSink } from "../sinks/index.js";
import type { FrameRecord } from "../wire/index.js";
import { compareRuns, passagesOf, type Found, type Passage } from "./gate-compare.js";
import { GATE_SCENES, QUIET_SCENE, writeScene } from "./gate-scenes.js";
import { spread, type Spread } from "./rounds.js";

/** What to compare. */
export interface GateTask {
  /** Settings as for `run`, with one source: a clip in which much moves. Its gate is that of the settings, whatever its kind. */
  readonly session: SessionOptions;
  readonly rounds: number;
  /** The command as it was typed, for the report. */
  readonly command: string;
}

/** What the gate made of one clip. */
export interface GateFigures extends Found {
  readonly name: string;
  readonly frames: number;
  /** Frames that were looked at with the gate. */
  readonly looked: number;
  /** Mean time of the gate's look, ms. */
  readonly gateMs: number;
}

/** What `bench --gate` gives back; `--json` prints it as it is. */
export interface GateReport {
  readonly machine: string;
  readonly command: string;
  readonly clips: readonly GateFigures[];
  readonly quiet: {
    /** Frames looked at without the gate for each one with it. */
    readonly fewerLooks: number;
    /** Frames a second with the gate, against the same with nothing looked at: decoding and the gate alone. Round by round. */
    readonly toDecodeOnly: Spread;
    /** And against the run without a gate. */
    readonly toPlain: Spread;
  };
  /** The given clip: frames a second with the gate against without. */
  readonly busyToPlain: Spread;
}

/** Later than this is late, ms. */
export const LATE_MS = 200;
/** Nothing is ever looked at but while the scene is learnt: what is left is decoding and the gate. */
const BLIND = { refreshMs: 3_600_000, holdMs: 0, ignore: [[[0, 0], [1, 0], [1, 1], [0, 1]]] } as const;

interface World {
  readonly signal: AbortSignal;
  readonly progress: (words: string) => void;
}

/**
 * Runs scenes with known truth, and the given clip, with the motion gate and without: what is found later or never, what it
 * costs and what it saves. The scenes are looked at by the built-in model, the clip by the one of the settings.
 * @throws PipelineError E_BENCH, E_MODEL_*, E_FFMPEG_*, E_STOPPED
 */
export async function runGate({ session, rounds, command }: GateTask, world: World): Promise<GateReport> {
  const folder = await mkdtemp(join(tmpdir(), "sightline-bench-"));
  const onScenes = { ...session, model: { path: "builtin", labels: null, family: null, task: null, imgsz: null } } as SessionOptions;
  const motion = { ...NO_GATE, ...session.gate, kind: "motion" as const };
  try {
    const clips: GateFigures[] = [];
    for (const scene of GATE_SCENES) {
      world.progress(`scene ${scene.name}`);
      const path = join(folder, "scene.mp4");
      const truth = await writeScene(scene, path, session.source.ffmpegPath, world.signal);
      clips.push(await compared(scene.name, path, onScenes, motion, world, truth));
    }
    const [clip = ""] = session.sources;
    world.progress("the given clip");
    clips.push(await compared(clip, clip, session, motion, world));
    const busy = await inTurn(rounds, { plain: () => run(clip, session, NO_GATE, world), gated: () => run(clip, session, motion, world) }, "busy", world);
    world.progress("the quiet scene");
    const path = join(folder, "quiet.mp4");
    await writeScene(QUIET_SCENE, path, session.source.ffmpegPath, world.signal);
    const quiet = await inTurn(rounds, {
      plain: () => run(path, onScenes, NO_GATE, world), gated: () => run(path, onScenes, motion, world), blind: () => run(path, onScenes, { ...motion, ...BLIND }, world),
    }, "quiet", world);
    return {
      machine: machineLine(), command, clips,
      quiet: { fewerLooks: lookedIn(quiet.plain[0]!) / lookedIn(quiet.gated[0]!), toDecodeOnly: ratio(quiet.gated, quiet.blind), toPlain: ratio(quiet.gated, quiet.plain) },
      busyToPlain: ratio(busy.gated, busy.plain),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One run to the end. */
interface Run {
  readonly records: readonly FrameRecord[];
  readonly stats: StreamStats;
  readonly fps: number;
}

const lookedIn = ({ stats }: Run): number => stats.outcomes.detected;

async function run(source: string, options: SessionOptions, gate: NonNullable<SessionOptions["gate"]>, { signal }: World): Promise<Run> {
  const records: FrameRecord[] = [];
  let [firstMs, lastMs] = [0, 0];
  const sink = directSink("bench", ({ record }) => {
    if (record.type !== "frame") return;
    lastMs = systemClock.monotonicMs();
    if (records.length === 0) firstMs = lastMs;
    records.push(record);
  });
  const world = { signal, clock: systemClock, version: "bench", notice: () => undefined, extraSinks: [sink] };
  await using session = await openSession({ ...options, gate, sources: [source], streams: {}, serve: null, log: { path: null } }, world);
  const [stats] = await session.done;
  if (signal.aborted) throw new PipelineError("E_STOPPED", "stopped before all was measured");
  if (stats === undefined || stats.error !== null) throw new PipelineError("E_BENCH", `${source} could not be run to its end: ${stats?.error?.message ?? "it did not begin"}`);
  return { records, stats, fps: (1000 * (records.length - 1)) / Math.max(1, lastMs - firstMs) };
}

/** `truth`: who passes; without it, whom the run without a gate found. */
async function compared(name: string, path: string, options: SessionOptions, motion: NonNullable<SessionOptions["gate"]>, world: World, truth?: readonly Passage[]): Promise<GateFigures> {
  const plain = await run(path, options, NO_GATE, world);
  const gated = await run(path, options, motion, world);
  const found = compareRuns(truth ?? passagesOf(plain.records), plain.records, gated.records, LATE_MS);
  return { name, frames: plain.records.length, looked: lookedIn(gated), gateMs: gated.stats.gate?.meanMs ?? NaN, ...found };
}

/** All of them in each round, one after the other. */
async function inTurn<K extends string>(rounds: number, runs: Readonly<Record<K, () => Promise<Run>>>, name: string, { progress }: World): Promise<Record<K, Run[]>> {
  const done = Object.fromEntries(Object.keys(runs).map((key) => [key, [] as Run[]])) as Record<K, Run[]>;
  for (let round = 1; round <= rounds; round += 1) {
    for (const key of Object.keys(runs) as K[]) {
      progress(`${name}, ${key}, round ${round} of ${rounds}`);
      done[key].push(await runs[key]());
    }
  }
  return done;
}

const ratio = (of: readonly Run[], to: readonly Run[]): Spread => spread(of.map(({ fps }, round) => fps / to[round]!.fps));

/** The report for a person. Pure. */
export function gateText({ machine, command, clips, quiet, busyToPlain }: GateReport): string {
  const rows = clips.map(({ name, frames, looked, passages, late, missed, longestMs, gateMs }) =>
    `  ${name.slice(-28).padEnd(28)} ${String(frames).padStart(6)} ${String(looked).padStart(7)} ${String(passages).padStart(8)} ${String(late).padStart(5)} ${String(missed).padStart(7)} ${longestMs.toFixed(0).padStart(8)} ${gateMs.toFixed(3).padStart(8)}`);
  const sum = (of: (one: GateFigures) => number): number => clips.reduce((total, one) => total + of(one), 0);
  const percent = (100 * sum(({ late }) => late)) / Math.max(1, sum(({ passages }) => passages));
  const words = ({ median, min, max }: Spread): string => `${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`;
  return [
    machine, `$ ${command}`, "",
    `  ${"clip".padEnd(28)} frames  looked  objects  late  missed  most ms  gate ms`, ...rows, "",
    `found more than ${LATE_MS} ms later: ${percent.toFixed(2)} % of ${sum(({ passages }) => passages)} objects; never: ${sum(({ missed }) => missed)}`,
    `quiet scene: ${quiet.fewerLooks.toFixed(1)} times fewer looks; frames a second against decoding and gate alone ${words(quiet.toDecodeOnly)}, against no gate ${words(quiet.toPlain)}`,
    `the given clip, frames a second against no gate: ${words(busyToPlain)}`,
    "",
  ].join("\n");
}
