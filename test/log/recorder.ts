import assert from "node:assert/strict";
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.js";
import { logFiles, openLog, readRecords, type LogOptions, type LogTrouble } from "../../src/log/index.js";
import type { WireRecord } from "../../src/wire/index.js";
import { publishedFrame } from "../wire/records.js";
import { until } from "../support/until.js";

const RECORDER = fileURLToPath(new URL("./fixtures/recorder.js", import.meta.url));

/** No recorder runs longer. */
const MOST_RUN_MS = 600_000;

/** What the recorder fixture is to do. */
export interface RecorderOrder {
  readonly perSecond: number;
  /** Left out = until it is told to end. */
  readonly count?: number;
  readonly options?: Partial<LogOptions>;
  readonly asNobody?: boolean;
}

/** What it said at its end. */
export interface RecorderEnd {
  readonly written: number;
  readonly synced: number;
  readonly lost: number;
  readonly frames: number;
  readonly cpuMs: number;
  readonly tookMs: number;
  readonly rssMb: number;
}

/** A running recorder. */
export interface Recorder {
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
  /** Everything it has said. */
  said(): string;
  /** Records that it has said to be safe. */
  acknowledged(): number;
  told(words: RegExp): Promise<void>;
  /** Waits for its end, and for what it says then. */
  over(): Promise<RecorderEnd>;
  /** Tells it to end before its time. */
  end(): Promise<RecorderEnd>;
  gone: Promise<unknown>;
}

/** Starts the fixture; with `before` a program stands before it, such as strace. */
export function startRecorder(path: string, order: RecorderOrder, before: readonly string[] = []): Recorder {
  const [program = "", ...args] = [...before, process.execPath, RECORDER, path, JSON.stringify(order)];
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  const gone = once(child, "close");
  const told = (words: RegExp, deadlineMs?: number): Promise<void> => until(() => words.test(text) || child.exitCode !== null, `${words}`, deadlineMs).then(() => assert.match(text, words));
  const over = async (): Promise<RecorderEnd> => {
    await told(/END (.+)/, MOST_RUN_MS);
    await gone;
    return JSON.parse(/END (.+)/.exec(text)![1]!) as RecorderEnd;
  };
  return {
    child,
    said: () => text,
    acknowledged: () => Number([...text.matchAll(/^ACK (\d+)$/gm)].at(-1)?.[1] ?? 0),
    told,
    over,
    end() {
      child.stdin.write("x");
      return over();
    },
    gone,
  };
}

/** What a log holds. */
export interface Held {
  readonly records: readonly WireRecord[];
  /** Frame numbers in the order of the log. */
  readonly frames: readonly number[];
  readonly troubles: readonly LogTrouble[];
}

/** Reads a whole log. */
export async function readLog(path: string): Promise<Held> {
  const records: WireRecord[] = [];
  const troubles: LogTrouble[] = [];
  for await (const { record } of readRecords(await logFiles([path]), { onTrouble: (one) => troubles.push(one) })) records.push(record);
  return { records, troubles, frames: records.flatMap((record) => (record.type === "frame" ? [record.frame] : [])) };
}

/**
 * Checks what a life that was cut short has left: every acknowledged record, each once and in order, at most one line torn;
 * and that the next life sets it right and goes on behind it.
 */
export async function assertSurvived(path: string, acknowledged: number, context: string): Promise<void> {
  const before = await readLog(path).catch((error: unknown) => {
    assert.equal(acknowledged, 0, `${context}: ${String(error)}`);
    return { frames: [], troubles: [] };
  });
  assert.ok(before.frames.length >= acknowledged, `${context}: ${acknowledged} records were acknowledged, ${before.frames.length} are there`);
  assert.deepEqual(before.frames, [...before.frames.keys()], context);
  assert.ok(before.troubles.length <= 1, `${context}: ${JSON.stringify(before.troubles)}`);
  await using log = await openLog({ path }, { clock: systemClock });
  log.write(publishedFrame(before.frames.length));
  await log.flush();
  const after = await readLog(path);
  assert.deepEqual(after.troubles, [], context);
  assert.equal(after.frames.length, before.frames.length + 1, context);
}
