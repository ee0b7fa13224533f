import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { spread } from "../../src/bench/rounds.js";
import { systemClock } from "../../src/core/clock.js";
import { machineLine } from "../../src/machine/index.js";
import { describeRuntime } from "../../src/pool/index.js";
import { checkFfmpeg } from "../../src/source/index.js";
import { project, shared } from "../support/paths.js";
import { ensureEnvironments, packagesOf, PeersError, pythonOf, quietEnvironment, usualPlace, type Place } from "./environment.js";
import { liveFrames } from "./live-clip.js";
import { digestOf, madeOf } from "./made.js";
import { begin, checkAll, followAll, timeAll, type Bench, type Findings } from "./measure.js";
import { barsOf, readmeBlock, reportText, withBlock, type PeersReport, type Row } from "./report.js";
import { commandOf, openvinoLibraries, SYSTEMS, type Subject, type System } from "./systems.js";

const HELP = `npm run bench:peers -- [options]

Sets up other projects' pipelines once (Python 3.11, 8 GB, in the user's cache folder or SIGHTLINE_PEERS) and runs them
and sightline in turn on the same model and clip.

  --only LIST      ids, by commas; sightline is always among them: ${SYSTEMS.map(({ id }) => id).join(", ")}
  --model FILE     ONNX, as Ultralytics exports it    (../shared/models/yolo11n_640_random.onnx)
  --source FILE    a video                            (../shared/clips/car-detection.mp4)
  --rounds N       (3)
  --frames N       results of each run of a round     (120)
  --seconds N      on the live stream; 0 = none       (8)
  --json           the report as JSON on standard output
  --write-readme   put the table into README.md
`;

interface Wishes {
  readonly systems: readonly System[];
  readonly model: string;
  readonly source: string;
  readonly rounds: number;
  readonly frames: number;
  readonly seconds: number;
  readonly json: boolean;
  readonly writeReadme: boolean;
  readonly command: string;
}

const say = (line: string): void => void process.stderr.write(`bench:peers: ${line}\n`);

/**
 * `npm run bench:peers`. @returns the exit status: 0 when every promise was measured, met or not; 1 when not; 2 when it can't
 * be run here
 */
export async function runPeers(args: readonly string[]): Promise<number> {
  // Between two runs there is nothing but a timer.
  using _held = systemClock.hold();
  const stop = new AbortController();
  const interrupted = (): void => stop.abort(new PeersError("interrupted"));
  process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
  try {
    const wishes = readWishes(args);
    if (wishes === null) return 0;
    const began = Date.now();
    const report = await measure(wishes, stop.signal);
    process.stdout.write(wishes.json ? `${JSON.stringify(report, null, 2)}\n` : reportText(report));
    if (wishes.writeReadme) {
      writeFileSync(project("README.md"), withBlock(readFileSync(project("README.md"), "utf8"), readmeBlock(report)));
      say("README.md has the table");
    }
    return conclude(report, (Date.now() - began) / 1000);
  } catch (error) {
    if (!(error instanceof PeersError)) throw error;
    say(error.message);
    return 2;
  } finally {
    process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
  }
}

function conclude({ bars, rows }: PeersReport, seconds: number): number {
  const unmeasured = bars.filter(({ got }) => got === null).length;
  const left = rows.filter(({ why }) => why !== null).map(({ id }) => id);
  const met = bars.filter(({ met }) => met).length;
  say(`done in ${seconds.toFixed(0)} s: ${met} of ${bars.length} promises met, ${unmeasured} not measured${left.length > 0 ? `; left out: ${left.join(", ")}` : ""}`);
  return unmeasured === 0 ? 0 : 1;
}

/** @throws PeersError with what is wrong */
function readWishes(args: readonly string[]): Wishes | null {
  const { values } = parse(args);
  if (values.help) {
    process.stdout.write(HELP);
    return null;
  }
  const only = values.only?.split(",");
  const unknown = only?.find((id) => SYSTEMS.every((system) => system.id !== id));
  if (unknown !== undefined) throw new PeersError(`there is no ${unknown}; there are: ${SYSTEMS.map(({ id }) => id).join(", ")}`);
  const { model, source } = values;
  for (const file of [model, source]) if (!existsSync(file)) throw new PeersError(`${file} is not there`);
  return {
    systems: SYSTEMS.filter(({ id }) => id === "sightline" || only === undefined || only.includes(id)),
    model, source, rounds: whole("rounds", values.rounds, 1), frames: whole("frames", values.frames, 2), seconds: whole("seconds", values.seconds, 0),
    json: values.json, writeReadme: values["write-readme"], command: commandLine(args.filter((arg) => arg !== "--write-readme")),
  };
}

const commandLine = (args: readonly string[]): string => ["npm run bench:peers", ...(args.length > 0 ? ["--", ...args] : [])].join(" ");

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: "string" }, model: { type: "string", default: shared("models", "yolo11n_640_random.onnx") }, source: { type: "string", default: shared("clips", "car-detection.mp4") },
        rounds: { type: "string", default: "3" }, frames: { type: "string", default: "120" }, seconds: { type: "string", default: "8" },
        json: { type: "boolean", default: false }, "write-readme": { type: "boolean", default: false }, help: { type: "boolean", default: false },
      },
    });
  } catch (error) {
    throw new PeersError(`${(error as Error).message}\n${HELP}`);
  }
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new PeersError(`--${name} is ${JSON.stringify(text)}; a whole number of at least ${least} is needed`);
  return value;
}

/** Frames of the clip of the check: some seconds for each. */
const CHECK_FRAMES = 250;

async function measure(wishes: Wishes, signal: AbortSignal): Promise<PeersReport> {
  const { systems, model, source, rounds, seconds } = wishes;
  const place = usualPlace(process.env, say);
  if (systems.some(({ program }) => program !== null)) await ensureEnvironments(place);
  const loadBefore = loadavg()[0] ?? 0;
  const frames = Math.min(wishes.frames, framesIn(source));
  const bench = benchAt(place, signal);
  const all = begin(systems);
  const made = join(place.folder, "made");
  const openvino = systems.some(({ program }) => program?.model === "openvino folder");
  const subject = (modelPath: string, clip: string): Subject => ({ modelPath, openvinoFolder: openvino ? openvinoModel(place, modelPath) : "", source: clip, live: false });
  const clip = cutClip(project("samples", "street.mp4"), made);
  await checkAll(bench, all, subject(project("samples", "street.onnx"), clip), framesIn(clip));
  await timeAll(bench, all, subject(model, source), rounds, frames);
  if (seconds > 0) await followAll(bench, all, subject(model, source), liveFrames(source, made), seconds);
  const rows = rowsOf(all, frames);
  return {
    machine: machineLine(), date: new Date().toISOString().slice(0, 10), load: { before: loadBefore, after: loadavg()[0] ?? 0 }, versions: await versionsOf(rows), command: wishes.command,
    model: basename(model), source: basename(source), frames, rounds, rows, bars: barsOf(rows),
  };
}

function benchAt(place: Place, signal: AbortSignal): Bench {
  return {
    signal, say,
    command: (system, subject) => commandOf(system, subject, (name) => pythonOf(place, name)),
    environment: ({ environment, runtime }) => ({
      ...quietEnvironment(place), ...environment,
      ...(runtime === "openvino" && { SIGHTLINE_OPENVINO: openvinoLibraries(packagesOf(join(place.folder, "ultralytics"))) }),
    }),
  };
}

/** The model in OpenVINO's format, made once. */
function openvinoModel(place: Place, path: string): string {
  // Ultralytics knows the format by the ending.
  const folder = join(place.folder, "made", `${digestOf(path)}_openvino_model`);
  if (!existsSync(join(folder, "metadata.yaml"))) {
    say(`writing ${basename(path)} in OpenVINO's format`);
    execFileSync(pythonOf(place, "ultralytics"), [project("test", "peers", "programs", "to_openvino.py"), path, folder], { env: quietEnvironment(place), stdio: ["ignore", "ignore", "inherit"] });
  }
  return folder;
}

function cutClip(clip: string, folder: string): string {
  return madeOf(clip, folder, `check-${CHECK_FRAMES}.mp4`, (made) => void execFileSync("ffmpeg", ["-v", "error", "-y", "-i", clip, "-an", "-c", "copy", "-frames:v", String(CHECK_FRAMES), made]));
}

function framesIn(clip: string): number {
  const told = execFileSync("ffprobe", ["-v", "error", "-select_streams", "v:0", "-count_frames", "-show_entries", "stream=nb_read_frames", "-of", "csv=p=0", clip], { encoding: "utf8" });
  return Number(told.trim().replace(",", ""));
}

function rowsOf(all: readonly Findings[], frames: number): Row[] {
  const ours = all.find(({ system }) => system.id === "sightline")?.runs ?? [];
  return all.map(({ system, runs, versions, check, lag, why }) => {
    const { id, name, setting, runtime, besides } = system;
    const paired = runs.flatMap((run, round) => (ours[round] ? [{ run, mine: ours[round] }] : []));
    return {
      id, name, setting, runtime, besides, versions, check, lag, why,
      timed: runs.length === 0 ? null : { fps: spread(runs.map(({ fps }) => fps)), firstMs: spread(runs.map(({ firstMs }) => firstMs)), peakMb: spread(runs.map(({ peakMb }) => peakMb)), frames },
      ratios: paired.length === 0 ? null : {
        fps: spread(paired.map(({ run, mine }) => mine.fps / run.fps)),
        firstMs: spread(paired.map(({ run, mine }) => run.firstMs / mine.firstMs)),
        peakMb: spread(paired.map(({ run, mine }) => run.peakMb / mine.peakMb)),
      },
    };
  });
}

/** Of sightline's parts, and of all that the peers tell; where two differ, both. */
async function versionsOf(rows: readonly Row[]): Promise<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(project("package.json"), "utf8")) as { readonly version: string };
  const peers = new Map<string, Set<string>>();
  for (const row of rows) for (const [name, value] of Object.entries(row.versions)) peers.set(name, (peers.get(name) ?? new Set()).add(value));
  const ours = { sightline: version, "onnxruntime-node": (await describeRuntime()).version, ffmpeg: (await checkFfmpeg("ffmpeg")).text };
  return { ...ours, ...Object.fromEntries([...peers].map(([name, values]) => [name, [...values].join(" and ")])) };
}
