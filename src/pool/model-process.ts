import { fork, type ChildProcess } from "node:child_process";
import { Socket } from "node:net";
import type { Clock } from "../core/clock.js";
import { messageOf, PipelineError } from "../core/errors.js";
import { deferred } from "../core/lifetime.js";
import { programUrl } from "../core/programs.js";
import { LEASH_FD, type ProcessSetup, type ProcessTask, type ProcessWord, type WorkerAnswer } from "./messages.js";
import type { LiveDevice } from "./runtimes/live.js";
import { lossOf, type Loss, type ProcessEnd } from "./process-end.js";

/** Longest time for one process to load the model, ms. */
const START_TIMEOUT_MS = 60_000;
/** What is kept of what a process writes to stderr, characters. */
const LAST_WORDS = 4000;

/** What a child needs of the environment. Nothing else is handed on: passwords and tokens are there. */
const HANDED_ON = ["PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SystemRoot"];

/** A child process with a model instance of its own. */
export interface ModelProcess {
  /** Settles when it has run its model once. @throws PipelineError what it met, or how it ended */
  readonly ready: Promise<void>;
  /** What runs its model; undefined until it is ready. */
  live(): LiveDevice | undefined;
  /** Settles when it has ended, whoever ended it. */
  readonly gone: Promise<Loss>;
  send(task: ProcessTask): void;
  /** Ends it at once, also in mid-run: it is a process of its own. */
  kill(): void;
}

/** How one is started. */
export interface ModelProcessOptions {
  readonly program?: URL;
  readonly setup: ProcessSetup;
  readonly slotsFd: number;
  readonly onAnswer: (id: number, answer: WorkerAnswer) => void;
}

/** Starts one. Never throws: what fails is told by `ready` and `gone`. */
export function startModelProcess({ program = programUrl("pool/process-entry"), setup, slotsFd, onAnswer }: ModelProcessOptions, clock: Clock): ModelProcess {
  const ready = deferred();
  let live: LiveDevice | undefined;
  const gone = deferred<Loss>();
  ready.promise.catch(() => undefined);
  const child = forked(program, slotsFd, (end) => {
    const loss = lossOf(end);
    ready.reject(new PipelineError("E_POOL_START", `a process ended while it loaded the model: ${loss.words}${quoted(end.lastWords)}`));
    gone.resolve(loss);
  });
  const kill = (): void => void child?.kill("SIGKILL");
  const slow = clock.after(START_TIMEOUT_MS, () => {
    ready.reject(new PipelineError("E_POOL_START", `a process did not load the model within ${START_TIMEOUT_MS} ms`));
    kill();
  });
  void ready.promise.catch(() => undefined).then(() => slow[Symbol.dispose]());
  child?.on("message", (said) => {
    const word = said as ProcessWord;
    if ("id" in word) return onAnswer(word.id, word.answer);
    if ("device" in word.ready) {
      live = word.ready;
      return ready.resolve();
    }
    ready.reject(new PipelineError(word.ready.code, word.ready.message));
    kill();
  });
  // A channel that is closed belongs to a child that is about to be gone.
  const send = (message: ProcessSetup | ProcessTask): void => void child?.send(message, () => undefined);
  send(setup);
  return { ready: ready.promise, live: () => live, gone: gone.promise, send, kill };
}

/** Forks, and calls back once when the child is gone, or could not be started. */
function forked(program: URL, slotsFd: number, onEnd: (end: ProcessEnd) => void): ChildProcess | undefined {
  let lastWords = "";
  try {
    const child = fork(program, [], {
      execArgv: [], env: environment(), serialization: "advanced", stdio: ["ignore", "ignore", "pipe", "ipc", slotsFd, "pipe"],
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => (lastWords = (lastWords + text).slice(-LAST_WORDS)));
    // Without a descriptor left for its pipes a child has none at all, whatever the types say.
    const leash = (child.stdio as readonly unknown[] | undefined)?.[LEASH_FD];
    if (leash instanceof Socket) leash.on("error", () => undefined).resume();
    child.once("close", (code, signal) => onEnd({ code, signal, lastWords }));
    // One that was started also ends; one that was not has no number.
    child.on("error", (cause) => {
      if (child.pid === undefined) onEnd({ code: null, signal: null, lastWords: cause.message });
    });
    return child;
  } catch (cause) {
    onEnd({ code: null, signal: null, lastWords: messageOf(cause) });
    return undefined;
  }
}

function environment(): NodeJS.ProcessEnv {
  const kept = HANDED_ON.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...(Object.fromEntries(kept) as NodeJS.ProcessEnv), ORT_DISABLE_TELEMETRY: "1" };
}

/** The last line of what a process said, for who has to find out why. */
function quoted(lastWords: string): string {
  const line = lastWords.trim().split("\n").at(-1) ?? "";
  return line === "" ? "" : ` (${line})`;
}
