import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { PipelineError } from "../core/errors.js";
import { programUrl } from "../core/programs.js";
import type { Stop } from "./stop.js";
import { openTerminal, type Terminal } from "./terminal.js";

/** Who lived so long did not end at once, ms: a start takes a second, and a native fault that comes back shows soon. */
const HEALTHY_AFTER_MS = 10_000;
/** So many ends in a row, each before that, and it is given up. */
const MOST_EARLY_ENDS = 5;
/** Before the second start in a row, ms; doubled with each further one. */
const FIRST_WAIT_MS = 250;
/** What was asked to stop ends itself by force after 5 s; when even that hangs, it is ended by us, ms. */
const FORCE_AFTER_MS = 6_000;

/** Passed on. The last one says only that the terminal has another size. */
const PASSED_ON = ["SIGINT", "SIGTERM", "SIGHUP", "SIGWINCH"] as const;

/** How a child ended. */
interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly livedMs: number;
}

/**
 * `sightline run --supervise`: runs the same command without that flag as a child, and begins it again when a signal ends
 * it that nobody asked for: a native crash, the system's SIGKILL, our own after E_POOL_STUCK. Frame numbers in the log go
 * on (`--continue`).
 * @returns the child's exit status
 * @throws PipelineError E_CRASHED when it ends so again and again
 */
export async function supervise(args: readonly string[], stop: Stop): Promise<number> {
  if (stop.by !== null) return 0;
  using terminal = openTerminal();
  const own = args.filter((arg) => arg !== "--supervise");
  using ward = guard(stop);
  for (let earlyEnds = 0, starts = 0; ; starts += 1) {
    const end = await ward.run(starts === 0 || own.includes("--continue") ? own : [...own, "--continue"]);
    const cause = crashOf(end);
    if (cause === null || ward.isAsked()) return statusOfEnd(end, ward.isAsked());
    earlyEnds = end.livedMs < HEALTHY_AFTER_MS ? earlyEnds + 1 : 0;
    if (earlyEnds >= MOST_EARLY_ENDS) {
      throw new PipelineError("E_CRASHED", `the program was ended by ${cause} ${earlyEnds} times in a row, each time within ${HEALTHY_AFTER_MS / 1000} s of its start`);
    }
    const waitMs = earlyEnds < 2 ? 0 : FIRST_WAIT_MS * 2 ** (earlyEnds - 2);
    tellRestart(terminal, cause, waitMs);
    await ward.wait(waitMs);
    if (ward.isAsked()) return 0;
  }
}

function tellRestart(terminal: Terminal, cause: string, waitMs: number): void {
  const when = waitMs === 0 ? "it is started again" : `it is started again in ${waitMs / 1000} s`;
  terminal.say(`sightline: ${terminal.paint.yellow(`the program was ended by ${cause}: ${when}`)}`);
}

interface Ward extends Disposable {
  /** Runs the child to its end; whatever it started is gone then. */
  run(args: readonly string[]): Promise<End>;
  /** Waits, unless it is asked to stop. */
  wait(durationMs: number): Promise<void>;
  /** Whether a signal has asked it to stop. */
  isAsked(): boolean;
}

/** Takes the signals over and passes them on. */
function guard(stop: Stop): Ward {
  let child: ChildProcess | undefined;
  let isAsked = false;
  let wake = (): void => undefined;
  let force: NodeJS.Timeout | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    // With a settings file SIGHUP is a wish to read it again; while nothing runs nobody could.
    if (signal !== "SIGWINCH" && (signal !== "SIGHUP" || child === undefined)) isAsked = true;
    if (isAsked) force ??= setTimeout(() => child && endGroup(child), FORCE_AFTER_MS);
    child?.kill(signal);
    if (isAsked) wake();
  };
  for (const signal of PASSED_ON) process.on(signal, onSignal);
  stop.release();
  return {
    isAsked: () => isAsked,
    run(args) {
      const startedMs = performance.now();
      const started = startChild(args);
      child = started;
      return new Promise((resolve, reject) => {
        started.once("error", reject);
        started.once("exit", (code, signal) => {
          child = undefined;
          // FFmpeg of a crashed program may hang in a connection for a while.
          endGroup(started);
          resolve({ code, signal, livedMs: performance.now() - startedMs });
        });
      });
    },
    wait(durationMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, isAsked ? 0 : durationMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    },
    [Symbol.dispose]() {
      clearTimeout(force);
      for (const signal of PASSED_ON) process.off(signal, onSignal);
    },
  };
}

/**
 * The channel tells the child when we are gone. A process group of its own keeps the terminal's Ctrl-C from reaching it
 * twice, and lets all that it started be ended with it.
 */
function startChild(args: readonly string[]): ChildProcess {
  const program = fileURLToPath(programUrl("cli"));
  return spawn(process.execPath, [...process.execArgv, program, ...args], { stdio: ["inherit", "inherit", "inherit", "ipc"], detached: true });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

/** What ended it, when that was no end of its own. A shell between tells a signal as 128 + its number. */
function crashOf({ code, signal }: End): string | null {
  if (signal !== null) return signal;
  if (code === null || code <= 128) return null;
  return Object.entries(constants.signals).find(([, number]) => number === code - 128)?.[0] ?? null;
}

function statusOfEnd({ code, signal }: End, isAsked: boolean): number {
  if (signal === null) return code ?? 1;
  // The wish to stop came before the child could listen to it.
  if (isAsked && (signal === "SIGTERM" || signal === "SIGINT")) return 0;
  return 128 + constants.signals[signal];
}
