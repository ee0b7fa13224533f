import { spawn, type ChildProcessByStdio } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { TestContext } from "node:test";
import { project } from "../support/paths.js";
import { told, within } from "./deadline.js";
import type { Certificate } from "./senders.js";

/** What a camera of the tests sends. */
export interface CameraPlan {
  /** 0 takes a free one. Give a former camera's to come back in its place. */
  readonly port: number;
  readonly path: string;
  /** Even. */
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  readonly codec: "h264" | "h265" | "mjpeg";
  /** Number in the first picture, 0 to 65535; the next ones count on, modulo 65536. */
  readonly firstFrame: number;
  /** After so many the stream ends, and begins anew with the next client; null: it goes on. */
  readonly frames: number | null;
  readonly user: string | null;
  /** Null: open to all. */
  readonly password: string | null;
  /** Speaks RTSP over TLS with this certificate; null: without. */
  readonly tls: Certificate | null;
}

/** A camera: one RTSP server process with one stream, which all clients share. Disposing kills it. */
export interface Camera extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  /** Without a password. */
  readonly url: string;
  /** With what a person would put in: both are percent-encoded. */
  urlFor(user: string, password: string): string;
  /** Frame number -> when it was handed to the encoder, ms on the clock of `monotonicNowMs`. The last few minutes. */
  readonly sentAtMs: ReadonlyMap<number, number>;
  /** Settles when a client plays, when the last one has left, when a frame is sent. */
  told(event: "playing" | "idle" | "frame", limitMs?: number): Promise<unknown[]>;
  /** Dies as by a power cut; settles when the process is gone. */
  kill(): Promise<void>;
}

/** A small picture at a common rate: what a test needs, and cheap to encode. */
const USUAL: CameraPlan = {
  port: 0, path: "/cam", widthPx: 320, heightPx: 180, fps: 15, codec: "h264", firstFrame: 0, frames: null, user: null, password: null, tls: null,
};
/** A cold start reads GStreamer's registry, which takes seconds the first time. */
const READY_WITHIN_MS = 20_000;
const TOLD_WITHIN_MS = 10_000;
const NUMBERS = 65_536;
const KEPT_FRAMES = 8192;
const SERVER = project("test", "rig", "rtsp_server.py");

/** The Python that has GStreamer, as set-up found it; undefined where there is none. */
export const gstreamerPython: string | undefined = process.env["GSTREAMER_PYTHON"];

/** Skips the running test, in words, where GStreamer's RTSP server is missing. Returns whether the test may go on. */
export function requireRtspServer(t: TestContext): boolean {
  if (gstreamerPython === undefined) t.skip("SKIPPED: GStreamer's RTSP server is missing: run the whole `npm test` as root once, or see what it says");
  return gstreamerPython !== undefined;
}

/** This machine's clock of the cameras, CLOCK_MONOTONIC, ms. */
export function monotonicNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** Starts a camera and waits until it listens. */
export async function startCamera(some: Partial<CameraPlan> = {}): Promise<Camera> {
  const plan = { ...USUAL, ...some };
  const child = spawn(gstreamerPython ?? "python3", [SERVER], { stdio: ["pipe", "pipe", "pipe"] });
  const exited = once(child, "exit");
  const events = new EventEmitter();
  const sentAtMs = new Map<number, number>();
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  const port = await listening(child, plan, (line) => note(line, sentAtMs, events)).catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  const scheme = plan.tls ? "rtsps" : "rtsp";
  const address = `127.0.0.1:${port}${plan.path}`;
  return {
    port, pid: child.pid ?? 0, url: `${scheme}://${address}`, sentAtMs, kill,
    urlFor: (user, password) => `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${address}`,
    told: (event, limitMs = TOLD_WITHIN_MS) => told(events, event, limitMs),
    [Symbol.asyncDispose]: kill,
  };
}

/** Hands the plan over, waits for the port, and passes every later line on. */
function listening(child: ChildProcessByStdio<Writable, Readable, Readable>, plan: CameraPlan, onLine: (line: string) => void): Promise<number> {
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-2000)));
  // A child that dies at once closes the pipe under us; its exit tells.
  child.stdin.on("error", () => undefined);
  child.stdin.write(`${JSON.stringify(plan)}\n`);
  const ready = new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (line.startsWith("READY ")) resolve(Number(line.slice("READY ".length)));
      else onLine(line);
    });
    child.once("error", reject);
    child.once("close", (code) => reject(new Error(`the RTSP server ended with status ${code}: ${said}`)));
  });
  return within(READY_WITHIN_MS, "RTSP server", ready);
}

function note(line: string, sentAtMs: Map<number, number>, events: EventEmitter): void {
  const [word = "", number, atMs] = line.split(" ");
  if (word === "frame") {
    sentAtMs.set(Number(number), Number(atMs));
    // Numbers begin anew after 65535: an old one must not be taken for a new one, and an hour must not pile up.
    sentAtMs.delete((Number(number) - KEPT_FRAMES + NUMBERS) % NUMBERS);
  }
  events.emit(word, Number(number));
}
