import { systemClock } from "../core/clock.js";
import { counted } from "../core/counted.js";
import { ERROR_TABLE, PipelineError, type ErrorWire } from "../core/errors.js";
import { parquetLines } from "../query/index.js";
import type { Replay, ReplayOptions } from "../replay/index.js";
import { openBrowser } from "./browser.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { version } from "./package.js";
import { print } from "./print.js";
import { coded, errorText } from "./report-error.js";
import { settingsFor } from "./settings.js";
import type { Stop } from "./stop.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

/** Where the page is when nobody says otherwise; the next ports are tried when somebody else has that one. */
const PORT = 8420;
const SPARE_PORTS = 20;
const MS_PER_S = 1000;
const REDRAW_MS = 200;

/**
 * `sightline replay LOG...`: plays logs on a page until it is told to stop, or with --once to their end.
 * @returns 0 when it was told to stop or has come to the end
 * @throws PipelineError E_USAGE, E_CONFIG, E_CONFIG_FILE, those of `openReplay`
 */
export async function replay(logs: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  if (logs.length === 0 || logs.includes("")) throw new PipelineError("E_USAGE", "no log was given to replay; it may be what --out named, one of its files, or their folder");
  if (given["once"] === true && given["loop"] === true) throw new PipelineError("E_USAGE", "--once and --loop exclude each other: one ends at the end, the other begins again");
  const settings = await settingsFor(FLAGS.replay, given, [], { "serve.port": PORT });
  const { serve, source } = settings;
  if (serve === null) throw new PipelineError("E_USAGE", "a replay needs a page to be seen on; serve is switched off in the settings");
  const options: ReplayOptions = {
    logs, serve, source, version: version(),
    clips: (given["clip"] as readonly string[] | undefined) ?? [],
    stream: typeof given["stream"] === "string" ? given["stream"] : null,
    speed: speedOf(given["speed"]), from: placeOf(given["from"]), loop: given["loop"] === true,
  };
  using terminal = openTerminal();
  stop.tellOn(terminal);
  stop.limit(() => ["the page to be closed"]);
  const startedMs = systemClock.monotonicMs();
  let failure: unknown;
  let end: Report | undefined;
  try {
    await using opened = await open(options, serve.port === PORT && given["serve"] === undefined ? SPARE_PORTS : 0, terminal, stop.signal);
    end = await watch(opened, given, terminal, stop, startedMs);
  } catch (thrown) {
    if (stop.by === null) failure = thrown;
  }
  failure ??= stop.mistake ?? undefined;
  const error = failure === undefined ? null : coded(failure).toWire();
  if (given["json"] === true) await print(JSON.stringify(reportOf(end, stop, error)));
  else if (failure !== undefined && end === undefined) throw coded(failure);
  else if (end) terminal.say(`sightline: ${summaryText(end)}`);
  if (error !== null && (end || given["json"] === true)) terminal.say(errorText(error, terminal.paint));
  return error === null ? 0 : ERROR_TABLE[error.code].exit;
}

/** What is told at the end. */
interface Report {
  readonly url: string;
  readonly files: readonly string[];
  readonly frames: Readonly<Record<string, number>>;
  readonly shown: number;
  readonly jumps: number;
  readonly positionMs: number;
  readonly durationMs: number;
  readonly beginsAt: string;
  readonly endsAt: string;
  readonly at: string | null;
  readonly gaps: number;
  readonly leftOutMs: number;
  readonly troubles: number;
  readonly elapsedMs: number;
}

async function open(options: ReplayOptions, sparePorts: number, terminal: Terminal, signal: AbortSignal): Promise<Replay> {
  const { openReplay } = await import("../replay/index.js");
  const world = {
    clock: systemClock, signal, parquetLines,
    notice: ({ level, message }: { readonly level: string; readonly message: string }) => terminal.say(`sightline: ${level === "info" ? printable(message) : terminal.paint.yellow(printable(message))}`),
    onProgress: (records: number) => terminal.status(`looking through the log: ${records} records`),
  };
  for (let tries = 0; ; tries += 1) {
    try {
      return await openReplay({ ...options, serve: { ...options.serve, port: options.serve.port + tries } }, world);
    } catch (thrown) {
      if (coded(thrown).code !== "E_PORT_TAKEN" || tries >= sparePorts) throw thrown;
    } finally {
      terminal.status("");
    }
  }
}

/** Shows how it does until it is over; gives what there is to say then. */
async function watch(opened: Replay, given: GivenFlags, terminal: Terminal, stop: Stop, startedMs: number): Promise<Report> {
  const { contents } = opened;
  const { durationMs } = opened.state();
  const names = [...contents.streams.keys()];
  terminal.say(`replaying ${counted([...contents.streams.values()].reduce((sum, { frames }) => sum + frames, 0), "frame")} of ${names.length > 3 ? `${names.length} streams` : names.map(printable).join(", ")}, ${clockText(durationMs)} at its own pace`);
  terminal.say(`live page: ${terminal.paint.bold(opened.url)}`);
  if (given["open"] === true) openBrowser(opened.url);
  using _held = systemClock.hold();
  using _progress = systemClock.every(REDRAW_MS, () => terminal.status(statusText(opened).slice(0, terminal.columns - 1)));
  const stopped = new Promise<void>((resolve) => {
    if (stop.signal.aborted) resolve();
    stop.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const ended = opened.ended.then(() => given["once"] === true || terminal.say("played to the end; the page stays, Ctrl-C ends it"));
  await Promise.race([stopped, ...(given["once"] === true ? [ended] : [])]);
  terminal.status("");
  const { positionMs, beginsAt, endsAt, at, jumps } = opened.state();
  return {
    url: opened.url, files: opened.files.map(({ path }) => path),
    frames: Object.fromEntries([...contents.streams].map(([name, { frames }]) => [name, frames])),
    shown: opened.shown, jumps, positionMs, durationMs, beginsAt, endsAt, at,
    gaps: contents.gaps.count, leftOutMs: contents.gaps.leftOutMs, troubles: opened.troubles,
    elapsedMs: Math.round(systemClock.monotonicMs() - startedMs),
  };
}

function statusText(opened: Replay): string {
  const { state, positionMs, durationMs, at, speed } = opened.state();
  const parts = [state, `${clockText(positionMs)} of ${clockText(durationMs)}`, at ?? "", speed === "max" ? "as fast as it can" : speed === 1 ? "" : `${speed} times`];
  return parts.filter((part) => part !== "").join("  ");
}

function summaryText({ shown, positionMs, durationMs, jumps, gaps, troubles, at }: Report): string {
  const parts = [
    `played ${counted(shown, "record")}, up to ${clockText(positionMs)} of ${clockText(durationMs)}${at === null ? "" : ` (${at})`}`,
    jumps > 0 ? counted(jumps, "jump") : "",
    gaps > 0 ? `${counted(gaps, "long gap")} shortened` : "",
    troubles > 0 ? `${counted(troubles, "place")} of the log could not be read` : "",
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** What `replay --json` prints: stable keys, new ones may be added within `v: 1`. */
function reportOf(end: Report | undefined, { by }: Stop, error: ErrorWire | null): object {
  return { v: 1, command: "replay", ok: error === null, stoppedBy: by, error, ...end };
}

/** 1:02:03 or 2:03. */
function clockText(ms: number): string {
  const seconds = Math.floor(ms / MS_PER_S);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}

function speedOf(text: unknown): ReplayOptions["speed"] {
  if (text === undefined) return 1;
  if (text === "max") return "max";
  const speed = typeof text === "string" && /^\d*\.?\d+$/.test(text) ? Number(text) : NaN;
  if (speed >= 0.1 && speed <= 16) return speed;
  throw new PipelineError("E_USAGE", `--speed is ${JSON.stringify(text)}; allowed: a number from 0.1 to 16, or max`);
}

/** `90`, `1:30`, `1:02:03` from the begin; or a time of day. */
function placeOf(text: unknown): ReplayOptions["from"] {
  if (typeof text !== "string") return null;
  if (/^(\d+:){0,2}\d+(\.\d+)?$/.test(text)) return { positionMs: text.split(":").reduce((sum, part) => 60 * sum + Number(part), 0) * MS_PER_S };
  const atMs = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
  if (Number.isFinite(atMs)) return { at: new Date(atMs).toISOString() };
  throw new PipelineError("E_USAGE", `--from is ${JSON.stringify(text)}; allowed: seconds from the begin (90), 1:30, 1:02:03, or a time of day such as 2026-11-20T10:00:00Z`);
}
