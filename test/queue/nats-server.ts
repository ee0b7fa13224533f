import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { findBroker } from "../../src/bench/queue-rig.js";
import { until } from "../support/until.js";

/** The broker's program. Undefined when there is none. */
export const natsServer: string | undefined = findBroker() ?? undefined;

/** Skips the running test, in words, when there is no broker. Returns whether it may go on. */
export function requireNats(t: TestContext): boolean {
  if (natsServer === undefined) t.skip("SKIPPED: needs nats-server (apt-get install nats-server)");
  return natsServer !== undefined;
}

/** A broker of a test. */
export interface TestBroker extends AsyncDisposable {
  readonly port: number;
  readonly url: string;
  /** All it has said. */
  log(): string;
  /** SIGKILL: what it had in memory is gone. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
}

/** What a test asks of its broker. */
export interface TestBrokerOptions {
  /** More of its configuration: `authorization { ... }`. */
  readonly config?: string;
  readonly jetstream?: boolean;
  readonly maxPayloadBytes?: number;
  readonly program?: string;
}

/** Starts a real broker on a free port of this machine. */
export async function startBroker({ config = "", jetstream = true, maxPayloadBytes, program = natsServer ?? "" }: TestBrokerOptions = {}): Promise<TestBroker> {
  const folder = mkdtempSync(join(tmpdir(), "sightline-nats-"));
  const file = join(folder, "nats.conf");
  const lines = [
    'host: "127.0.0.1"',
    `ports_file_dir: ${JSON.stringify(folder)}`,
    ...(jetstream ? [`jetstream { store_dir: ${JSON.stringify(join(folder, "js"))}, max_mem: 512MB, max_file: 16MB }`] : []),
    ...(maxPayloadBytes === undefined ? [] : [`max_payload: ${maxPayloadBytes}`]),
    config,
  ];
  writeFileSync(file, lines.join("\n"));
  let child: ChildProcess | undefined;
  let said = "";
  let port = -1;

  async function start(): Promise<void> {
    const running = (child = spawn(program, ["-c", file, "-p", String(port)], { stdio: ["ignore", "ignore", "pipe"] }));
    const before = said.length;
    running.stderr?.setEncoding("utf8").on("data", (text: string) => (said += text));
    await until(() => said.slice(before).includes("Server is ready") || running.exitCode !== null, "the broker to be ready");
    if (running.exitCode !== null) throw new Error(`nats-server ended:\n${said}`);
    if (port === -1) port = await portOf(folder);
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const running = child;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const over = new Promise((resolve) => running.once("exit", resolve));
    running.kill(signal);
    await over;
  }

  await start();
  return {
    port,
    url: `nats://127.0.0.1:${port}`,
    log: () => said,
    kill: () => end("SIGKILL"),
    start,
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The broker writes the ports that it got into a file. */
async function portOf(folder: string): Promise<number> {
  const found = (): string | undefined => readdirSync(folder).find((name) => name.endsWith(".ports"));
  await until(() => found() !== undefined, "the file with the broker's port");
  const { nats } = JSON.parse(readFileSync(join(folder, found()!), "utf8")) as { nats: string[] };
  return Number(new URL(nats[0]!).port);
}
