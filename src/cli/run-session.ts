import { apiStreamSchema, nearestKey, schemaText, settingsFileStore, type Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import type { ErrorWire } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import type { Sink } from "../sinks/index.js";
import type { ApiSupport, Notice, Session } from "../session/index.js";
import { version } from "./package.js";
import { print } from "./print.js";
import { headOf, showProgress } from "./progress.js";
import { reloading, type Reload } from "./reload.js";
import { coded, errorText, stackText } from "./report-error.js";
import { savedText, startSaving, unsavedText, type Save } from "./save.js";
import { tellService } from "./service.js";
import { killOurselves, type Stop } from "./stop.js";
import { failures, reportJson, reportOf, summaryText, type RunReport } from "./summary.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

/** How a command shows a session. */
export interface Presentation {
  readonly command: "run" | "demo";
  /** The report as JSON on standard output, instead of the summary on stderr. */
  readonly json: boolean;
  readonly verbose: boolean;
  /** Goes on with the file that the records are in. */
  readonly continues?: boolean;
  /** Ports to try after the one of the settings when it is taken. */
  readonly sparePorts: number;
  /** A settings file that is read again on SIGHUP and when it changes. */
  readonly reload?: Reload;
  /** Why changes made by the API can't be kept in the settings file although there is one. */
  readonly noPersist?: string;
  /** The video that is written while it runs. */
  readonly save?: Save;
  /** Called once the page can be opened. */
  readonly onServed?: (url: string) => void;
}

/**
 * Runs a session to its end, or to the first signal, and tells how it went.
 * @returns the exit status
 */
export async function runSession(settings: Settings, show: Presentation, stop: Stop): Promise<number> {
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const facts: Facts = { model: null, mode: settings.inference.mode, workers: null, url: null, streams: [], error: null, thrown: undefined };
  try {
    await session(settings, show, terminal, stop, facts);
  } catch (thrown) {
    // What a stop interrupts fails as a consequence of it.
    if (stop.by === null || coded(thrown).code === "E_POOL_STUCK") facts.thrown = thrown;
  }
  facts.thrown ??= stop.mistake;
  if (facts.thrown !== undefined) facts.error = coded(facts.thrown).toWire();
  const report = reportOf({ ...facts, command: show.command, stoppedBy: stop.by });
  if (show.json) await print(reportJson(report));
  else if (report.streams.length > 0) terminal.say(summaryText(report, terminal.paint));
  tellErrors(report, terminal);
  if (show.verbose && facts.thrown !== undefined) terminal.say(stackText(facts.thrown));
  return report.exitCode;
}

interface Facts {
  model: string | null;
  readonly mode: string;
  workers: number | null;
  url: string | null;
  streams: readonly StreamStats[];
  error: ErrorWire | null;
  thrown: unknown;
}

async function session(settings: Settings, show: Presentation, terminal: Terminal, stop: Stop, facts: Facts): Promise<void> {
  stop.limit(() => ["the streams to be opened"]);
  let isAsked = false;
  if (show.reload) stop.onHangup(() => (isAsked = true));
  await using saving = show.save && (await startSaving(show.save, stop.signal));
  await using opened = await open(settings, show, terminal, stop, saving ? [saving.sink] : []);
  stop.limit(() => opened.waitingFor());
  facts.url = opened.url;
  facts.streams = opened.stats();
  if (opened.url !== null) {
    terminal.say(`live page: ${terminal.paint.bold(opened.url)}`);
    show.onServed?.(opened.url);
  }
  using service = tellService(() => opened.pulse(), opened.url, (words) => terminal.say(`sightline: ${terminal.paint.yellow(words)}`));
  stop.signal.addEventListener("abort", () => service.stopping(), { once: true });
  const head = (streams: readonly StreamStats[]): string => (show.command === "demo" ? "live" : headOf(streams));
  using _progress = showProgress(() => opened.stats(), head, terminal, systemClock);
  if (show.reload) {
    const request = reloading(show.reload, opened, terminal);
    stop.onHangup(request);
    if (isAsked) request();
  }
  try {
    facts.streams = await opened.done;
    // Its threads can't be waited for.
    if (facts.streams.some(({ error }) => error?.code === "E_POOL_STUCK")) stop.hurry();
    else if (saving && show.save) terminal.say(stop.signal.aborted ? unsavedText(show.save) : savedText(show.save, await saving.finish()));
  } finally {
    facts.model = opened.models().map(({ id }) => id).join(", ") || null;
    facts.workers = opened.workers();
  }
}

async function open(settings: Settings, show: Presentation, terminal: Terminal, stop: Stop, extraSinks: readonly Sink[]): Promise<Session> {
  const { openSession } = await import("../session/index.js");
  const notice = (one: Notice): void => terminal.say(noticeText(one, terminal));
  const world = { signal: stop.signal, clock: systemClock, version: version(), notice, continues: show.continues ?? false, extraSinks, ...(settings.serve !== null && { api: apiSupport(settings, show) }) };
  for (let tries = 0; ; tries += 1) {
    const { serve } = settings;
    const here = { ...settings, serve: serve && { ...serve, port: serve.port + tries } };
    try {
      return await openSession(here, world);
    } catch (thrown) {
      if (coded(thrown).code !== "E_PORT_TAKEN" || tries >= show.sparePorts) throw thrown;
    }
  }
}

/** What the HTTP API needs to know of settings. */
function apiSupport({ secretsFile }: Settings, { reload, noPersist }: Presentation): ApiSupport {
  const store = settingsFileStore({
    file: reload?.file, secretsFile, environment: process.env, ...(noPersist && { refusal: noPersist }), onWrite: (text, before) => reload?.expect(text, before),
  });
  return { stream: apiStreamSchema, settings: JSON.parse(schemaText()) as ApiSupport["settings"], nearestKey, resolve: store.resolve, keep: store.keep };
}

function noticeText({ level, code, stream, labels = {}, message }: Notice, { paint }: Terminal): string {
  const tags = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const who = stream === undefined ? "" : `${stream}${tags.length > 0 ? ` [${tags.join(" ")}]` : ""}: `;
  const words = printable(`${who}${message}`);
  if (code !== undefined) return errorText({ code, message: words }, paint);
  return `sightline: ${level === "info" ? words : paint.yellow(words)}`;
}

function tellErrors(report: RunReport, terminal: Terminal): void {
  const failed = failures(report.streams);
  const lines = failed.map(({ stream, error }) => errorText({ ...error, message: `${stream}: ${error.message}` }, terminal.paint));
  // The run's own error comes last: it is what the exit status is about.
  if (report.error !== null && !failed.some(({ error }) => error.message === report.error?.message)) lines.push(errorText(report.error, terminal.paint));
  for (const line of lines) terminal.say(line);
  if (report.error?.code === "E_POOL_STUCK") killOurselves();
}
