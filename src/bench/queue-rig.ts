import { spawn, type ChildProcess } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { Closers, deferred } from "../core/lifetime.js";
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

/** Where the broker's program is; null when there is none. Debian puts it where a user's PATH may not lead. */
export function findBroker(): string | null {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/bin"];
  return folders.map((folder) => join(folder, "nats-server")).find(isProgram) ?? null;
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
    const port = await freePort();
    const server = await start(closers, broker, ["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", store], /Server is ready/);
    const url = `nats://127.0.0.1:${port}`;
    const labels = model.labels === null ? [] : ["--labels", model.labels];
    const program = fileURLToPath(new URL("../cli.js", import.meta.url));
    const worker = await start(closers, process.execPath, [program, "worker", "--nats", url, "--model", model.path, ...labels, "--workers", String(workers)], /worker .* serves /);
    const pids = [server.pid, worker.pid].filter((pid) => pid !== undefined);
    return { pids, inference: { queue: { ...inference.queue, url } }, [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose]() };
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}

/** Starts a program and waits until it has said so. */
async function start(closers: Closers, program: string, args: readonly string[], ready: RegExp): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
  const isReady = deferred();
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  closers.defer(() => {
    child.kill("SIGTERM");
    return ended;
  });
  let said = "";
  const failed = (why: string): void => isReady.reject(new PipelineError("E_BENCH", `${program} ${why}: ${said.trim().split("\n").pop() ?? ""}`));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-4000);
    if (ready.test(said)) isReady.resolve();
  });
  child.once("error", ({ message }) => failed(message));
  child.once("close", (code, signal) => failed(`ended with ${signal ?? code}`));
  using _limit = systemClock.after(READY_WITHIN_MS, () => failed(`was not ready within ${READY_WITHIN_MS} ms`));
  using _held = systemClock.hold();
  await isReady.promise;
  return child;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
