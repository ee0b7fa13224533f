import { spawn } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { Closers, deferred } from "../core/lifetime.js";
import { programUrl } from "../core/programs.js";
import type { SessionOptions } from "../session/index.js";

/** A broker on this machine, and a worker of the queue with the session's model. Disposing ends both. */
export interface QueueRig extends AsyncDisposable {
  /** Broker and worker. */
  readonly pids: readonly number[];
  /** The settings that lead to them. */
  readonly inference: Pick<SessionOptions["inference"], "queue">;
}

/** Loading a model takes seconds on a busy machine. */
const READY_WITHIN_MS = 60_000;

/** Where the broker's program is: NATS_SERVER_PATH, else on the PATH or where it usually lies (Debian puts it where a user's PATH may not lead). null when there is none. */
export function findBroker(): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"];
  return [process.env["NATS_SERVER_PATH"] ?? "", ...folders.map((folder) => join(folder, "nats-server"))].find(isProgram) ?? null;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts them on loopback; settles when the worker is ready. The worker has so many instances.
 * @throws PipelineError E_BENCH when one of them ends or does not get ready
 */
export async function openQueueRig(broker: string, { model, inference }: SessionOptions, workers: number): Promise<QueueRig> {
  if (inference.queue === undefined) throw new PipelineError("E_BENCH", "the settings say nothing of a queue");
  const closers = new Closers();
  try {
    const store = mkdtempSync(join(tmpdir(), "sightline-bench-"));
    closers.defer(() => rmSync(store, { recursive: true, force: true }));
    // -1: a free port, which it tells.
    const server = await start(closers, broker, ["-a", "127.0.0.1", "-p", "-1", "-js", "-sd", store], /client connections on 127\.0\.0\.1:(\d+)[^]*Server is ready/);
    const url = `nats://127.0.0.1:${server.told[1]}`;
    const labels = model.labels === null ? [] : ["--labels", model.labels];
    const program = fileURLToPath(programUrl("cli"));
    const worker = await start(closers, process.execPath, [program, "worker", "--nats", url, "--model", model.path, ...labels, "--workers", String(workers)], /worker .* serves /);
    return { pids: [server.pid, worker.pid], inference: { queue: { ...inference.queue, url } }, [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose]() };
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a program and waits until it has said so. `told` is what it said. */
async function start(closers: Closers, program: string, args: readonly string[], ready: RegExp): Promise<{ readonly pid: number; readonly told: RegExpExecArray }> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const isReady = deferred<RegExpExecArray>();
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  closers.defer(() => {
    child.kill("SIGTERM");
    return ended;
  });
  let said = "";
  const failed = (why: string): void => isReady.reject(new PipelineError("E_BENCH", `${program} ${why}: ${said.trim().split("\n").pop() ?? ""}`));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
    const told = ready.exec(said);
    if (told) isReady.resolve(told);
  });
  child.once("error", ({ message }) => failed(message));
  child.once("close", (code, signal) => failed(`ended with ${signal ?? code}`));
  using _limit = systemClock.after(READY_WITHIN_MS, () => failed(`was not ready within ${READY_WITHIN_MS} ms`));
  using _held = systemClock.hold();
  const told = await isReady.promise;
  // Who has said something is running under some number.
  return { pid: child.pid!, told };
}
