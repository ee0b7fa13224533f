import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/core/clock.js";
import type { PipelineError } from "../../src/core/errors.js";
import { letterboxFor } from "../../src/model/index.js";
import { createRing } from "../../src/ring/index.js";
import type { SourceEvent } from "../../src/source/index.js";
import { explain } from "../../src/source/explain.js";
import { liveSource, type LiveLimits } from "../../src/source/live.js";
import type { Probe } from "../../src/source/probe.js";
import { PIDS_FILE, RUNS_FILE, type CameraRun } from "../source/fixtures/camera.js";
import { CENTRED, liveLimits } from "./source.js";

/** Limits under which a test of a live source takes no longer than it must. */
const QUICK = { backoffMinMs: 1, backoffMaxMs: 2 };

/** A live source on a program that stands in for FFmpeg, and what it said. */
export interface Camera extends AsyncDisposable {
  readonly events: readonly SourceEvent[];
  /** Of each frame: epoch, number, size, and the run of the program that its pixels are of. */
  readonly frames: readonly string[];
  /** Each state with what was said of it: `reconnecting E_SOURCE_REFUSED 1`. */
  readonly states: readonly string[];
  readonly probes: () => number;
  readonly outstanding: () => number;
  /** Settles when this is true after an event. */
  until(met: () => boolean): Promise<void>;
  /** Process numbers of the runs so far. */
  pids(): number[];
}

/** How the camera is looked at. */
export interface CameraOptions {
  readonly limits?: Partial<LiveLimits>;
  /** What each probe says; the last one is repeated. Default: h264, 96x64. */
  readonly probes?: readonly (Partial<Probe> | PipelineError)[];
  readonly onFrame?: (event: Extract<SourceEvent, { type: "frame" }>) => void;
}

const FOUND: Probe = {
  pixelFormat: "yuv420p", colours: { range: "limited", matrix: "bt601" }, codec: "h264", widthPx: 96, heightPx: 64, fps: 25, expectedFrames: null, countIsExact: false, hasBFrames: false,
};

/** Starts a live source whose FFmpeg does `runs`, one after another. */
export function openCamera(parent: string, runs: readonly CameraRun[], options: CameraOptions = {}): Camera {
  const folder = mkdtempSync(join(parent, "camera-"));
  writeFileSync(join(folder, RUNS_FILE), JSON.stringify(runs));
  const ffmpegPath = join(folder, "ffmpeg");
  const program = fileURLToPath(new URL("../source/fixtures/camera.js", import.meta.url));
  writeFileSync(ffmpegPath, `#!/bin/sh\nexec "${process.execPath}" "${program}" "${folder}"\n`);
  chmodSync(ffmpegPath, 0o755);
  const ring = createRing({ slots: 3, slotBytes: 3 * 96 * 64 });
  let probes = 0;
  const source = liveSource(
    {
      display: "camera",
      limits: liveLimits({ ...QUICK, ...options.limits }),
      probe() {
        const said = options.probes?.[Math.min(probes, options.probes.length - 1)] ?? {};
        probes += 1;
        return said instanceof Error ? Promise.reject(said) : Promise.resolve({ ...FOUND, ...said });
      },
      command: ({ widthPx, heightPx }) => ({
        stream: "camera", ring, letterbox: CENTRED, ffmpegPath, decodeThreads: 1, everyNth: 1, isTold: false, pixels: "fitted" as const, picture: null,
        plan: { input: "nothing", options: [], stdin: "ignore" },
        expected: letterboxFor(CENTRED, 96, 64, widthPx, heightPx),
      }),
      maxFps: null,
      decode: () => ({ mode: "all", threads: 1, why: "it is a stand-in" }),
      decodeText: () => null,
      explain: (words) => explain(words, { kind: "network", scheme: "rtsp", url: "rtsp://camera/", display: "camera" }),
    },
    systemClock,
    () => 0.5,
  );
  const heard = listen(options.onFrame);
  source.start(heard.take);
  return {
    ...heard,
    probes: () => probes,
    outstanding: () => ring.outstanding,
    pids: () => (existsSync(join(folder, PIDS_FILE)) ? readFileSync(join(folder, PIDS_FILE), "utf8").trim().split("\n").map(Number) : []),
    [Symbol.asyncDispose]: () => source[Symbol.asyncDispose](),
  };
}

function listen(onFrame: CameraOptions["onFrame"]) {
  const events: SourceEvent[] = [];
  const frames: string[] = [];
  const states: string[] = [];
  const waiting = new Set<{ met: () => boolean; resolve: () => void }>();
  return {
    events,
    frames,
    states,
    take(event: SourceEvent): void {
      events.push(event);
      if (event.type === "frame") {
        const { epoch, frame, widthPx, heightPx } = event.header;
        const runs = new Set(event.lease.pixels.subarray(0, 3 * 96 * event.rows.heightPx));
        frames.push(`${epoch} ${frame} ${widthPx}x${heightPx} of run ${[...runs].join("+")}`);
        onFrame?.(event);
        event.lease[Symbol.dispose]();
      } else if (event.type === "state") {
        const { state, reason, attempt } = event;
        states.push([state, reason, attempt].filter((word) => word !== undefined).join(" "));
      }
      for (const one of waiting) if (one.met()) one.resolve();
    },
    until: (met: () => boolean): Promise<void> => (met() ? Promise.resolve() : new Promise((resolve) => waiting.add({ met, resolve }))),
  };
}

/** Whether a process is there, be it only that nobody has asked how it ended. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
