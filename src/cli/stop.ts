import { constants } from "node:os";
import { asPipelineError } from "../core/errors.js";
import { doLastDuties } from "../core/last-duties.js";
import { coded, errorText } from "./report-error.js";
import type { Terminal } from "./terminal.js";

const STOP_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** A signal that asks the program to stop. */
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** A clean stop takes well under a second; after this the person is told what it waits for, ms. */
const EXPLAIN_AFTER_MS = 1000;
/** What has not ended by then hangs: whoever asked has waited long enough, ms. Service managers wait 10 s or more. */
const FORCE_AFTER_MS = 5000;

/** Listens for the wish to stop. */
export interface Stop {
  /** Aborted by the first signal, or by a mistake of ours that nobody caught. */
  readonly signal: AbortSignal;
  /** Which signal came; null as long as none did. */
  readonly by: StopSignal | null;
  /** What nobody caught. */
  readonly mistake: unknown;
  /** From now on SIGHUP asks for this instead of stopping. */
  onHangup(ask: () => void): void;
  /** Where words for the person go; nobody hears them before. */
  tellOn(terminal: Terminal): void;
  /**
   * Once asked to stop, the program has 5 s; then it says what it waits for, kills itself and is gone (137).
   * `waitingFor` gives that in words.
   */
  limit(waitingFor: () => readonly string[]): void;
  /** As if it had just been asked to stop: what follows is under the limit. */
  hurry(): void;
  /** Leaves signals and mistakes to the system again; a signal that came before takes effect now. */
  release(): void;
}

/**
 * The process's only signal handlers. The first signal stops cleanly, a second one at once: by SIGKILL, since exiting
 * while a model runs on a thread would abort the process with a core dump.
 */
export function listenForStop(): Stop {
  const stopping = new AbortController();
  const state: State = { by: null, mistake: undefined, hangup: undefined, terminal: undefined, waitingFor: undefined, isHurried: false };
  const stop = (): void => {
    stopping.abort();
    hurry(state);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === "SIGHUP" && state.hangup !== undefined) return state.hangup();
    if (state.by !== null) {
      say(state, "ended by force; a model run may have been in flight");
      killOurselves();
    }
    state.by = signal as StopSignal;
    state.terminal?.status("");
    stop();
  };
  const onMistake = (thrown: unknown): void => {
    state.mistake ??= thrown;
    stop();
  };
  for (const signal of STOP_SIGNALS) process.on(signal, onSignal);
  process.on("uncaughtException", onMistake);
  onParentGone(() => state.by === null && onSignal("SIGTERM"));
  return {
    signal: stopping.signal,
    get by() {
      return state.by;
    },
    get mistake() {
      return state.mistake;
    },
    onHangup: (ask) => void (state.hangup = ask),
    tellOn: (terminal) => void (state.terminal = terminal),
    limit(waitingFor) {
      state.waitingFor = waitingFor;
      if (stopping.signal.aborted) hurry(state);
    },
    hurry: () => hurry(state),
    release() {
      for (const signal of STOP_SIGNALS) process.off(signal, onSignal);
      process.off("uncaughtException", onMistake);
      if (state.mistake !== undefined) throw asPipelineError(state.mistake, "E_INTERNAL");
      if (state.by !== null) process.kill(process.pid, state.by);
    },
  };
}

/** Under --supervise: without its parent nobody would end the program, nor begin it again. */
function onParentGone(stop: () => void): void {
  if (!process.connected) return;
  process.once("disconnect", stop);
  // Listening alone must not keep the program alive.
  process.channel?.unref();
}

interface State {
  by: StopSignal | null;
  mistake: unknown;
  hangup: (() => void) | undefined;
  terminal: Terminal | undefined;
  waitingFor: (() => readonly string[]) | undefined;
  isHurried: boolean;
}

function say({ terminal }: State, words: string): void {
  terminal?.status("");
  terminal?.say(`sightline: ${words}`);
}

/** Starts the time that is left. */
function hurry(state: State): void {
  const { waitingFor } = state;
  if (state.isHurried || waitingFor === undefined) return;
  state.isHurried = true;
  const words = (): string => (state.waitingFor ?? waitingFor)().join(", ") || "what was opened to be closed";
  const force = (): void => {
    say(state, `not ended within ${FORCE_AFTER_MS / 1000} s, so ended by force; it waited for ${words()}`);
    killOurselves();
  };
  setTimeout(force, FORCE_AFTER_MS).unref();
  setTimeout(() => say(state, `waiting for ${words()}; press Ctrl-C again to end by force`), EXPLAIN_AFTER_MS).unref();
}

/**
 * The exit status of a command that a signal kept from its answer, by the shells' convention: 130 for Ctrl-C. A run has
 * no answer to give: stopped cleanly it ends with 0.
 */
export function statusOf(signal: StopSignal): number {
  return 128 + constants.signals[signal];
}

/**
 * The exit status of a command that did not come to its end: a signal's, or else nobody has asked it to stop and the error is its own.
 * @throws what nobody caught in another place, or `thrown`
 */
export function statusAfter(thrown: unknown, { by, mistake }: Stop): number {
  if (by === null) throw mistake ?? thrown;
  return statusOf(by);
}

/** When model runs hang, nothing ends cleanly any more: tells it, and ends this process at once. */
export function endIfStuck(thrown: unknown, terminal: Terminal): void {
  const error = coded(thrown);
  if (error.code !== "E_POOL_STUCK") return;
  terminal.status("");
  terminal.say(errorText(error, terminal.paint));
  killOurselves();
}

/** Ends this process and its children at once; the shell sees status 137. The reason has been told before. */
export function killOurselves(): never {
  doLastDuties();
  process.kill(process.pid, "SIGKILL");
  // SIGKILL is delivered before that call returns, except to process 1 of a container, which the kernel spares.
  process.abort();
}
