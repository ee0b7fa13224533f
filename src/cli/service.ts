import { execFile } from "node:child_process";
import type { Pulse } from "../session/index.js";

/** How often it is looked whether the models are warm, ms. */
const LOOK_MS = 100;
/** Longest that telling may take, ms. */
const TELL_MS = 5000;

/** Tells a service manager how the program is. */
export interface Service extends Disposable {
  /** It was asked to end. */
  stopping(): void;
}

/** What a service manager gave us in the environment; systemd's names. */
interface Manager {
  /** Longest time between two signs of life, ms; null = it wants none. */
  readonly watchdogMs: number | null;
}

/**
 * Tells systemd READY=1 once the models are warm, then WATCHDOG=1 twice in its time as long as our loop turns and frames
 * come home. Nothing where no service manager listens (`NOTIFY_SOCKET`).
 *
 * Said through systemd's own `systemd-notify`: the socket is one for datagrams, which Node has not, and the packages that
 * can do it (unix-dgram, sd-notify) are built natively at install. That needs `NotifyAccess=all` in the unit.
 */
export function tellService(pulse: () => Pulse, url: string | null, warn: (words: string) => void, environment: NodeJS.ProcessEnv = process.env): Service {
  const manager = managerOf(environment);
  if (manager === null) return { stopping: () => undefined, [Symbol.dispose]: () => undefined };
  let timer: NodeJS.Timeout;
  let hasWarned = false;
  const tell = (...words: string[]): void => {
    execFile("systemd-notify", words, { timeout: TELL_MS, killSignal: "SIGKILL" }, (error) => {
      if (error && !hasWarned) warn(`the service manager could not be told (systemd-notify: ${error.message.split("\n", 1)[0]})`);
      hasWarned ||= error !== null;
    });
  };
  const look = (): void => {
    if (!pulse().isWarm) return;
    clearInterval(timer);
    tell("READY=1", `STATUS=${url === null ? "running" : `live page: ${url}`}`);
    if (manager.watchdogMs !== null) timer = watch(pulse, manager.watchdogMs / 2, () => tell("WATCHDOG=1"));
  };
  timer = setInterval(look, LOOK_MS).unref();
  return {
    stopping() {
      clearInterval(timer);
      tell("STOPPING=1");
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}

function watch(pulse: () => Pulse, periodMs: number, alive: () => void): NodeJS.Timeout {
  let before = pulse();
  alive();
  return setInterval(() => {
    const now = pulse();
    if (hasMoved(before, now)) alive();
    before = now;
  }, periodMs).unref();
}

/** Whether something has come home between two looks, or nothing was to come. Pure. */
export function hasMoved(before: Pulse, now: Pulse): boolean {
  return now.runsOut === 0 || before.runsOut === 0 || now.outcomes !== before.outcomes;
}

/** The watchdog may be meant for our parent, which supervises us. */
function managerOf({ NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID }: NodeJS.ProcessEnv): Manager | null {
  if (!NOTIFY_SOCKET) return null;
  const isOurs = WATCHDOG_PID === undefined || [process.pid, process.ppid].includes(Number(WATCHDOG_PID));
  return { watchdogMs: isOurs && Number(WATCHDOG_USEC) > 0 ? Number(WATCHDOG_USEC) / 1000 : null };
}
