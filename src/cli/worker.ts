import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Settings } from "../config/index.js";
import { systemClock, systemRandom } from "../core/clock.js";
import type { ErrorWire, PipelineError } from "../core/errors.js";
import { availableCores } from "../machine/index.js";
import { loadModelInfo } from "../pool/index.js";
import type { QueueWorker, Tell, WorkerFigures } from "../queue/index.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { version } from "./package.js";
import { print } from "./print.js";
import { fetchModels } from "./pull.js";
import { coded, errorText } from "./report-error.js";
import { settingsFor } from "./settings.js";
import { killOurselves, type Stop } from "./stop.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

/** How often the line at the bottom is drawn anew, and how often a log gets one, ms. */
const REDRAW_MS = 1000;
const LOG_PERIOD_MS = 60_000;
const MS_PER_S = 1000;

/**
 * `sightline worker`: serves a broker's queue until it is told to stop; then it takes nothing more, finishes what it has,
 * and leaves.
 * @returns 0 when it was told to stop
 * @throws PipelineError E_USAGE, E_CONFIG, E_CONFIG_FILE, E_MODEL_*, E_QUEUE_*, E_POOL_START
 */
export async function worker(given: GivenFlags, stop: Stop): Promise<number> {
  const settings = await settingsFor(FLAGS.worker, given, []);
  await fetchModels([settings.model.path], stop.signal);
  using terminal = openTerminal();
  stop.tellOn(terminal);
  stop.limit(() => ["frames in hand"]);
  const startedMs = systemClock.monotonicMs();
  let serving: QueueWorker | undefined;
  let failure: PipelineError | undefined;
  try {
    serving = await open(settings, terminal);
    failure = await serve(serving, stop, terminal);
  } catch (thrown) {
    if (stop.by === null) throw thrown;
  }
  if (failure === undefined) await serving?.[Symbol.asyncDispose]();
  const tookMs = systemClock.monotonicMs() - startedMs;
  const error = failure ?? (stop.mistake === undefined ? undefined : coded(stop.mistake));
  if (given["json"] === true) await print(JSON.stringify(reportOf(serving?.figures(), tookMs, stop, error)));
  else if (serving) terminal.say(`sightline: ${summaryText(serving.figures(), tookMs)}`);
  if (error) terminal.say(errorText(error, terminal.paint));
  if (failure) killOurselves();
  return error ? 1 : 0;
}

async function open(settings: Settings, terminal: Terminal): Promise<QueueWorker> {
  const { inference, model } = settings;
  const { info, notices } = await loadModelInfo(model.path, model);
  for (const message of notices) terminal.say(`sightline: ${printable(message)}`);
  const workers = inference.workers === "auto" ? availableCores().cores : inference.workers;
  const name = `${hostname()}/${process.pid}/${randomBytes(3).toString("hex")}`;
  const { openQueueWorker } = await import("../queue/index.js");
  const tell: Tell = (level, message) => terminal.say(`sightline: ${level === "info" ? printable(message) : terminal.paint.yellow(printable(message))}`);
  const serving = await openQueueWorker(
    { ...inference, model: info, workers, name, host: hostname(), version: version() },
    { clock: systemClock, random: systemRandom, tell },
  );
  terminal.say(`sightline: worker ${printable(name)} serves ${info.id} (sha256 ${info.sha256}) with ${workers} ${workers === 1 ? "instance" : "instances"}`);
  return serving;
}

/** Serves until a signal comes; returns the error when model runs hang. */
async function serve(serving: QueueWorker, stop: Stop, terminal: Terminal): Promise<PipelineError | undefined> {
  using _held = systemClock.hold();
  using _progress = showProgress(serving, terminal);
  const stopped = new Promise<undefined>((resolve) => {
    if (stop.signal.aborted) resolve(undefined);
    stop.signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  return await Promise.race([stopped, serving.stuck]);
}

function showProgress(serving: QueueWorker, terminal: Terminal): Disposable {
  let before = serving.figures().detected;
  const everyMs = terminal.isInteractive ? REDRAW_MS : LOG_PERIOD_MS;
  const timer = systemClock.every(everyMs, () => {
    const { detected, failed, busy, isConnected } = serving.figures();
    const fps = ((detected - before) * MS_PER_S) / everyMs;
    before = detected;
    const line = `${isConnected ? "" : "no broker  "}${detected} frames  ${fps.toFixed(1)} fps  ${busy} in hand${failed > 0 ? `  ${failed} failed` : ""}`;
    if (terminal.isInteractive) terminal.status(line.slice(0, terminal.columns - 1));
    else terminal.say(line);
  });
  return {
    [Symbol.dispose]: () => {
      timer[Symbol.dispose]();
      terminal.status("");
    },
  };
}

function summaryText({ detected, failed, redelivered, givenBack, connections }: WorkerFigures, tookMs: number): string {
  const parts = [
    `${detected} frames in ${(tookMs / MS_PER_S).toFixed(1)} s`,
    failed > 0 ? `${failed} failed` : "",
    redelivered > 0 ? `${redelivered} after another worker was lost` : "",
    givenBack > 0 ? `${givenBack} given back` : "",
    connections > 1 ? `${connections} connections` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** What `worker --json` prints: stable keys, new ones may be added within `v: 1`. */
function reportOf(figures: WorkerFigures | undefined, tookMs: number, stop: Stop, error: PipelineError | undefined): object {
  const wire: ErrorWire | null = error?.toWire() ?? null;
  return { v: 1, command: "worker", ok: error === undefined, stoppedBy: stop.by, error: wire, elapsedMs: Math.round(tookMs), ...figures };
}
