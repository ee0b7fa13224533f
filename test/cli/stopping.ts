import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { chance } from "../rig/chance.js";
import { descendants, markedProcesses } from "../rig/processes.js";
import { startCli, type CliResult, type RunningCli } from "../support/cli.js";
import { assertWholeLog, wholeLines } from "../support/log.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";

/** Ways to run the model that have to survive this; each is a value of the setting that chooses the way. */
export const MODES = ["threads", "shared", "processes", "queue"] as const;
export type Mode = (typeof MODES)[number];

/** Threads are what a run has without a word. */
const environmentFor = (mode: Mode): Record<string, string> => (mode === "threads" ? {} : { SIGHTLINE_INFERENCE_MODE: mode });

/** When and how the program is stopped. */
export interface Moment {
  readonly when: { readonly afterStartMs: number } | { readonly afterRecords: number };
  readonly signal: "SIGTERM" | "SIGINT";
  /** To the whole process group, as a terminal sends it, or to the program alone, as a service manager does. */
  readonly toGroup: boolean;
  /** So long after it a second signal follows, ms; null = none does. */
  readonly secondAfterMs: number | null;
}

/** A start takes about this long on an idle machine. */
const START_MS = 1500;
const MOST_RECORDS = 120;
const SECOND_WITHIN_MS = 150;

/** Moments that follow from a seed: two of five while the program starts; every sixth is followed by a second signal. */
export function moments(seed: number, count: number): Moment[] {
  const random = chance(seed);
  return Array.from({ length: count }, (_, i) => {
    const isForced = i % 6 === 5;
    const startsYet = random() < 0.4 && !isForced;
    const amount = random();
    return {
      when: startsYet ? { afterStartMs: Math.round(amount * START_MS) } : { afterRecords: 1 + Math.floor(amount * MOST_RECORDS) },
      signal: random() < 0.5 ? "SIGTERM" : "SIGINT",
      toGroup: random() < 0.5,
      secondAfterMs: isForced ? Math.round(random() * SECOND_WITHIN_MS) : null,
    };
  });
}

/** What came of it. */
export interface Stopped {
  /** From the (last) signal to the end of the program, ms. */
  readonly tookMs: number;
  /** `early` = it ended by the signal itself, which came before the program's own first line had run. */
  readonly how: "clean" | "early" | "forced";
  readonly records: number;
}

const MARK = "STOPPING_MARK";
const clip = project("samples", "street.mp4");

/** Starts a program with a live stream, a file, a log and a page with a client, stops it, and checks that nothing is left. `more`: variables of its environment, in mode queue where the broker is. */
export async function stopAt(moment: Moment, mode: Mode, args: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Promise<Stopped> {
  const context = `${mode} ${JSON.stringify(moment)}`;
  const folder = mkdtempSync(join(tmpdir(), "sightline-stop-"));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const out = join(folder, "log.jsonl");
  writeFileSync(join(folder, "s.yaml"), `streams:\n  live: { source: ${clip}, sourceOptions: { realtime: true, loop: true } }\n  file: { source: ${clip}, sourceOptions: { loop: true } }\n`);
  const env = { ...environmentFor(mode), ...more, TMPDIR: temporary, [MARK]: folder, SIGHTLINE_INFERENCE_WORKERS: "2" };
  const cli = startCli(["run", "--config", join(folder, "s.yaml"), "--serve", "0", "--out", out, ...args], { env, cwd: folder, ownGroup: true });
  const page = watchPage(cli);
  await comes(moment, cli, out, page);
  const family = descendants(cli.child.pid ?? 0);
  const wasOpen = page.isOpen();
  let sentMs = send(cli, moment);
  if (moment.secondAfterMs !== null) {
    await delay(moment.secondAfterMs);
    sentMs = send(cli, moment);
  }
  const result = await cli.done;
  const tookMs = performance.now() - sentMs;
  const how = howItEnded(result, moment, wholeLines(out).length, context);
  const left = markedProcesses(MARK, folder);
  assert.deepEqual(left.map(({ commandLine }) => commandLine), [], `${context}: processes are left; before there were ${family.map(({ name }) => name).join()}`);
  assert.deepEqual(readdirSync(temporary), [], `${context}: temporary files are left`);
  assert.deepEqual(readdirSync(folder).filter((name) => name.startsWith("core")), [], `${context}: a core dump`);
  await page.assertGone(how === "clean" && wasOpen, context);
  // What is ended by force may tear its last line, and nothing else.
  if (how !== "forced") assertWholeLog(out, context);
  return { tookMs, how, records: wholeLines(out).length };
}

function send({ child }: RunningCli, { signal, toGroup }: Moment): number {
  try {
    process.kill(toGroup ? -(child.pid ?? 0) : (child.pid ?? 0), signal);
  } catch {
    // It is gone: a second signal may come too late.
  }
  return performance.now();
}

async function comes({ when }: Moment, cli: RunningCli, out: string, page: Page): Promise<void> {
  if ("afterStartMs" in when) return delay(when.afterStartMs);
  const ended = cli.done.then(({ stderr }) => Promise.reject(new Error(`it ended by itself:\n${stderr}`)));
  await Promise.race([ended, until(() => page.isOpen() && wholeLines(out).length >= when.afterRecords, `a socket and ${when.afterRecords} records`)]);
  ended.catch(() => undefined);
}

function howItEnded({ code, signal, stderr }: CliResult, moment: Moment, records: number, context: string): Stopped["how"] {
  if (moment.secondAfterMs !== null && signal === "SIGKILL") return "forced";
  if ("afterStartMs" in moment.when && signal === moment.signal) {
    assert.deepEqual([stderr, records], ["", 0], `${context}: it had begun, and ended by the signal`);
    return "early";
  }
  assert.deepEqual([code, signal], [0, null], `${context}: ${stderr}`);
  assert.doesNotMatch(stderr, /E_[A-Z]+|terminate called|Error/, context);
  return "clean";
}

interface Page {
  isOpen(): boolean;
  /** Checks that nobody listens any more, and that the client was told so. */
  assertGone(wasTold: boolean, context: string): Promise<void>;
}

/** Opens the page's feed as soon as it is served. */
function watchPage(cli: RunningCli): Page {
  let port: number | undefined;
  let closedWith: number | undefined;
  let socket: WebSocket | undefined;
  cli.saying(/live page: \S+:\d+/).then(
    (text) => {
      port = Number(/live page: \S+?:(\d+)\//.exec(text)?.[1]);
      socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
      socket.on("open", () => socket?.send(JSON.stringify({ type: "subscribe", streams: ["*"], topics: ["detections", "frames"] })));
      socket.on("close", (code) => (closedWith = code));
      socket.on("error", () => undefined);
    },
    () => undefined,
  );
  return {
    isOpen: () => socket?.readyState === WebSocket.OPEN,
    async assertGone(wasTold, context) {
      if (port === undefined) return;
      await until(() => socket === undefined || closedWith !== undefined, "the socket's end");
      if (wasTold) assert.equal(closedWith, 1001, `${context}: the socket was closed with ${closedWith}`);
      assert.equal(await isListening(port), false, `${context}: somebody still listens`);
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
