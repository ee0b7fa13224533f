import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { searchLeaks } from "../support/planted.js";
import type { TestOutcome } from "./recorder.js";

/** One test file that ran to its end, or was ended. */
export interface FileResult {
  /** Path from the folder of tests. */
  readonly file: string;
  readonly tests: readonly TestOutcome[];
  /**
   * How the process ended, where that is no proper end: a signal, a time limit; undefined for exit status 0, or 1 after
   * a failed test.
   */
  readonly badEnd: string | undefined;
  /** Planted passwords in what it printed or left in its folder of files: where and which, without the password. */
  readonly leaks: readonly string[];
  /** The last part of what it printed, in the form of Node's "spec" reporter. */
  readonly output: string;
  readonly durationMs: number;
}

/** Where and how test files are run. */
export interface FileRunOptions {
  /** Folder of compiled tests. */
  readonly testsDir: string;
  /** Folder for the records of this run. */
  readonly recordsDir: string;
  /** A file that takes longer is killed, with all that it started. */
  readonly timeoutMs: number;
  /** Ends the running file. */
  readonly signal: AbortSignal;
}

/** Enough for every message of a failing test, and a bound for one that floods. */
const OUTPUT_LIMIT_CHARS = 200_000;

/**
 * What a file printed arrives at once after its end; only a grandchild that left the group can hold the pipes longer.
 */
const PIPE_GRACE_MS = 1_000;

const recorderUrl = new URL("./recorder.js", import.meta.url).href;

/** Runs one test file in a process of its own. Never rejects for what the file does. */
export async function runFile(file: string, options: FileRunOptions): Promise<FileResult> {
  const name = file.replaceAll("/", "-");
  const recordFile = join(options.recordsDir, `${name}.jsonl`);
  const filesDir = join(options.recordsDir, `${name}.files`);
  await mkdir(filesDir, { recursive: true });
  const started = Date.now();
  const { status, signal, timedOut, output, leaks } = await runProcess(
    [
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      `--test-reporter=${recorderUrl}`,
      `--test-reporter-destination=${recordFile}`,
      join(options.testsDir, file),
    ],
    filesDir,
    options,
  );
  leaks.push(...(await leaksInFiles(filesDir)));
  await rm(filesDir, { recursive: true, force: true });
  const tests = parseRecord(await readFile(recordFile, "utf8").catch(() => ""));
  const durationMs = Date.now() - started;
  const failed = tests.some(({ outcome }) => outcome === "failed");
  let badEnd: string | undefined;
  if (timedOut) badEnd = `did not end within ${options.timeoutMs / 1000} s and was killed`;
  else if (signal !== null) badEnd = `was ended by ${signal}`;
  else if (status !== 0 && !(status === 1 && failed)) badEnd = `ended with exit status ${status}`;
  return { file, tests, badEnd, leaks, output, durationMs };
}

interface ProcessEnd {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
  readonly output: string;
  readonly leaks: string[];
}

function runProcess(args: readonly string[], filesDir: string, { timeoutMs, signal }: FileRunOptions): Promise<ProcessEnd> {
  // A process group of its own: what the file started and forgot ends with it.
  const ownGroup = process.platform !== "win32";
  const child = spawn(process.execPath, args, {
    env: { ...environment(), TEST_FILES_DIR: filesDir },
    stdio: ["ignore", "pipe", "pipe"],
    detached: ownGroup,
  });
  const kill = () => endGroup(child.pid, ownGroup);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal.addEventListener("abort", kill);
  let output = "";
  const searches = [child.stdout, child.stderr].map((stream) => {
    const search = searchLeaks();
    stream.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-OUTPUT_LIMIT_CHARS);
      search.push(text);
    });
    return search;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // "exit", not "close": a forgotten grandchild would hold the pipes open.
    child.on("exit", (status, endSignal) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      kill();
      const unheard = setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, PIPE_GRACE_MS);
      child.once("close", () => {
        clearTimeout(unheard);
        const leaks = searches.flatMap(({ found }) => [...found].map((what) => `printed ${what}`));
        resolve({ status, signal: endSignal, timedOut, output, leaks });
      });
    });
  });
}

/** Planted passwords in the files below a folder. Pipes and sockets are passed by: reading one could wait for ever. */
async function leaksInFiles(folder: string): Promise<string[]> {
  const leaks: string[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const search = searchLeaks();
    try {
      // Passwords are ASCII; latin1 takes every byte of whatever else lies there.
      for await (const piece of createReadStream(join(entry.parentPath, entry.name), "latin1")) search.push(String(piece));
    } catch {
      // A file that its test has made unreadable holds nothing that the product wrote.
    }
    leaks.push(...[...search.found].map((what) => `left ${what} in ${entry.name}`));
  }
  return leaks;
}

/**
 * The tests' environment: without what an outer `node --test` sets, and without the switch whose setting the product
 * has to prove.
 */
function environment(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _outer, ORT_DISABLE_TELEMETRY: _telemetry, ...rest } = process.env;
  return rest;
}

function endGroup(pid: number | undefined, ownGroup: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(ownGroup ? -pid : pid, "SIGKILL");
  } catch {
    // Nothing of it is left, which is the usual end.
  }
}

/** Reads the recorder's lines. A process that was killed may leave half a line at the end. */
function parseRecord(text: string): TestOutcome[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TestOutcome);
}

/** The folder of compiled tests: this file lies in its subfolder `run`. */
export const compiledTestsDir = fileURLToPath(new URL("../", import.meta.url));
