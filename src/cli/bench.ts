import type { Lever, FanoutOptions, ModesTask, PipelineTask } from "../bench/index.js";
import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import { availableCores } from "../machine/index.js";
import { FLAGS, wholeNumber, type GivenFlags } from "./flags.js";
import { packaged, STREET_CLIP } from "./package.js";
import { print } from "./print.js";
import { fetchModels } from "./pull.js";
import { settingsFor } from "./settings.js";
import { statusAfter, statusOf, type Stop } from "./stop.js";
import { openTerminal } from "./terminal.js";

/** Five rounds give a median that one disturbed round can't move; five seconds even out a clip's busy and empty parts. */
const ROUNDS = 5;
const SECONDS = 5;

/**
 * `sightline bench [SOURCE]`
 * @throws PipelineError E_USAGE, E_CONFIG, E_BENCH, E_MODEL_*, E_FFMPEG_*
 */
export async function bench(source: string | undefined, given: GivenFlags, stop: Stop): Promise<number> {
  const rounds = wholeNumber(given, "rounds", ROUNDS, 1, 99);
  const seconds = wholeNumber(given, "seconds", SECONDS, 1, 600);
  const soakRecords = wholeNumber(given, "soak", 0, 0, 10_000_000);
  const settings = await settingsFor(FLAGS.bench, given, source === undefined ? [] : [source], { sources: [packaged(STREET_CLIP)] });
  if (settings.sources.length !== 1) throw new PipelineError("E_USAGE", `bench measures one source, the settings name ${settings.sources.length}`);
  const { isLiveAddress, readAddress } = await import("../source/index.js");
  const [name = ""] = settings.sources;
  if (isLiveAddress(await readAddress(name, settings.source.ffmpegPath))) {
    throw new PipelineError("E_USAGE", `bench plays a file again and again, ${redactAddress(name)} is live; record some of it first`);
  }
  const workers = settings.inference.workers === "auto" ? availableCores().cores : settings.inference.workers;
  const { LEVERS, decodeReportText, densityText, fanoutText, gateText, modesText, reportText, runBench, runDecode, runDensity, runFanout, runGate, runModes, runRuntimes, runStages, runtimesText, stagesText } = await import("../bench/index.js");
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const command = ["sightline", ...process.argv.slice(2).map(redactAddress)].join(" ");
  const progress = (words: string): void => (terminal.isInteractive ? terminal.status(words) : terminal.say(words));
  const world = { signal: stop.signal, progress, tried: (words: string): void => terminal.say(words) };
  const session = { ...settings, streams: {} };
  const show = async (report: object, text: string): Promise<void> => {
    terminal.status("");
    await print(given["json"] === true ? JSON.stringify(report) : text.trimEnd());
  };
  try {
    if (given["fanout"] !== true && given["decode"] !== true) await fetchModels(modelsGiven(given, settings.model.path), stop.signal);
    if (given["fanout"] === true) {
      const report = await runFanout(fanoutOptions(given, rounds, { session, workers, seconds, command }), world);
      await show(report, fanoutText(report));
    } else if (given["gate"] === true) {
      const report = await runGate({ session, rounds: wholeNumber(given, "rounds", GATE_ROUNDS, 1, 99), command }, world);
      await show(report, gateText(report));
    } else if (given["modes"] === true) {
      const report = await runModes(modesTask(given, { session, seconds, command }), world);
      await show(report, modesText(report));
    } else if (given["runtimes"] === true) {
      const report = await runRuntimes({ session, workers, rounds, seconds, command }, world);
      await show(report, runtimesText(report));
    } else if (given["stages"] === true) {
      const { session: one, models, rounds: turns } = modesTask(given, { session, seconds, command });
      const report = await runStages({ session: one, models, rounds: given["rounds"] === undefined ? rounds : turns, command }, world);
      await show(report, stagesText(report));
    } else if (given["decode"] === true) {
      const report = await runDecode({ session, rounds, seconds, command }, world);
      await show(report, decodeReportText(report));
    } else if (given["density"] === true) {
      const report = await runDensity({ session, workers, seconds, levers: leversGiven(given, LEVERS), command }, world);
      terminal.status("");
      if (report.complete || report.figures.length > 0) await show(report, densityText(report));
    } else {
      const report = await runBench({ session, workers, rounds, seconds, soakRecords, command }, world);
      await show(report, reportText(report));
    }
    return stop.by === null ? 0 : statusOf(stop.by);
  } catch (thrown) {
    return statusAfter(thrown, stop);
  }
}

/** Each round of `--gate` reads a clip of two minutes three times. */
const GATE_ROUNDS = 2;
/** Each round of `--modes` takes as many measurements as there are modes: three rounds of all of them take minutes. */
const MODES_ROUNDS = 3;
const COUNTS = [1, 2, 4];
const MOST_COUNT = 64;

function listGiven(given: GivenFlags, name: string): string[] {
  return typeof given[name] === "string" ? given[name].split(",").map((part) => part.trim()).filter(Boolean) : [];
}

/** Those of `--levers`. @throws PipelineError E_USAGE */
function leversGiven(given: GivenFlags, known: readonly Lever[]): Lever[] {
  return listGiven(given, "levers").map((word) => {
    const lever = known.find((one) => one === word);
    if (lever === undefined) throw new PipelineError("E_USAGE", `--levers names ${JSON.stringify(word)}; allowed: ${known.join(", ")}`);
    return lever;
  });
}

/** Those of `--models`, or else the one of the settings. */
function modelsGiven(given: GivenFlags, fallback: string): string[] {
  const models = listGiven(given, "models");
  return models.length > 0 ? models : [fallback];
}

function modesTask(given: GivenFlags, rest: Pick<ModesTask, "session" | "seconds" | "command">): ModesTask {
  const counts = listGiven(given, "counts").map((text) => wholeNumber({ counts: text }, "counts", 0, 1, MOST_COUNT));
  return { ...rest, models: modelsGiven(given, rest.session.model.path), counts: counts.length > 0 ? counts : COUNTS, rounds: wholeNumber(given, "rounds", MODES_ROUNDS, 1, 99) };
}

/** Subscribers of the live pipeline: as many as the promise about its latency is for. */
const LIVE_SUBSCRIBERS = 100;

function fanoutOptions(given: GivenFlags, rounds: number, { session, workers, seconds, command }: Omit<PipelineTask, "liveSubscribers"> & { readonly command: string }): FanoutOptions {
  return {
    clients: wholeNumber(given, "clients", 1000, 1, 20_000),
    rate: wholeNumber(given, "rate", 30, 1, 1000),
    objects: wholeNumber(given, "objects", 20, 0, 1000),
    sleepers: wholeNumber(given, "sleepers", 200, 0, 20_000),
    idle: wholeNumber(given, "idle", 0, 0, 50_000),
    steps: wholeNumber(given, "steps", 12, 0, 100),
    seconds,
    rounds,
    pipelines: given["pipelines"] === true ? { session, workers, seconds, liveSubscribers: LIVE_SUBSCRIBERS } : null,
    command,
  };
}
