import { constants } from "node:os";
import { deferred } from "../core/lifetime.js";
import type { Terminal } from "./terminal.js";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** A signal that asks the program to stop. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** A clean stop takes well under a second; after this the person is told what it waits for, ms. */
const EXPLAIN_AFTER_MS = 1000;

/** Listens for the wish to stop. */
export interface Stop extends Disposable {
  /** Aborted by the first signal, or by a mistake of ours that nobody caught. */
  readonly signal: AbortSignal;
  /** Which signal came; null as long as none did. */
  readonly by: StopSignal | null;
  /** What nobody caught. */
  readonly mistake: unknown;
  /** From now on SIGHUP asks for this instead of stopping. */
  onHangup(ask: () => void): void;
}

/**
 * The process's only signal handlers. The first signal stops cleanly, a second one at once: by SIGKILL, since exiting
 * while a model runs on a thread would abort the process with a core dump.
 */
export function listenForStop(terminal: Terminal): Stop {
  const stopping = new AbortController();
  const over = deferred();
  let by: StopSignal | null = null;
  let mistake: unknown;
  let hangup: (() => void) | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === "SIGHUP" && hangup !== undefined) return hangup();
    if (by !== null) {
      terminal.status("");
      terminal.say("sightline: ended by force; a model run may have been in flight");
      killOurselves();
    }
    by = signal as StopSignal;
    terminal.status("");
    const timer = setTimeout(() => terminal.say("sightline: waiting for model runs to end and records to leave; press Ctrl-C again to end by force"), EXPLAIN_AFTER_MS);
    void over.promise.then(() => clearTimeout(timer));
    stopping.abort();
  };
  const onMistake = (thrown: unknown): void => {
    mistake ??= thrown;
    stopping.abort();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  process.on("uncaughtException", onMistake);
  return {
    signal: stopping.signal,
    get by() {
      return by;
    },
    get mistake() {
      return mistake;
    },
    onHangup: (ask) => void (hangup = ask),
    [Symbol.dispose]: () => {
      over.resolve();
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
      process.off("uncaughtException", onMistake);
    },
  };
}

/** The exit status of a run that a signal stopped, by the shells' convention: 130 for Ctrl-C. */
export function statusOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/** Ends this process at once; the shell sees status 137. The reason has been told before. */
export function killOurselves(): never {
  process.kill(process.pid, "SIGKILL");
  // SIGKILL is delivered before this call returns to JavaScript; the loop is for the type.
  for (;;);
}
