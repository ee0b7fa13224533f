import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { displayOf, type SourceAddress } from "./address.js";
import { runShort } from "./child.js";
import { explain } from "./explain.js";
import { probePlan, type InputPlan, type InputSettings } from "./input.js";
import { probeFile, readFacts, readProbe, type Probe, type StreamFacts } from "./probe.js";
import { feedInput, standardInput } from "./stdin.js";

/** One thing that was done on the way to a picture, and how long it took. */
export interface ProbeStep {
  readonly name: "name" | "connection" | "tls" | "stream" | "first frame";
  readonly tookMs: number;
  /** What came out: addresses, the certificate, the size. */
  readonly detail: string;
}

/** What a probe needs to know. */
export interface ProbeSettings extends InputSettings {
  readonly ffprobePath: string;
  /** Longest it may take, ms. */
  readonly probeTimeoutMs?: number;
}

/** What a source is. */
export type SourceProbe = Probe & StreamFacts & { readonly steps: readonly ProbeStep[] };

/** Longest a probe takes where nothing else is set, ms. */
export const PROBE_TIMEOUT_MS = 20_000;

/**
 * Asks ffprobe what a source is: one connection, closed again. Standard input is read at its head, which is kept.
 * @throws PipelineError of `explain`, of `probeFile`, E_SOURCE_EMPTY, E_SOURCE_TIMEOUT, E_FFMPEG_MISSING, E_STOPPED
 */
export async function probeSource(address: SourceAddress, settings: ProbeSettings, signal?: AbortSignal): Promise<SourceProbe> {
  const startedMs = systemClock.monotonicMs();
  const json = address.kind === "file" ? await probeFile(settings.ffprobePath, address.path, signal, settings.wholeFiles) : await probeOther(address, settings, signal);
  const name = displayOf(address);
  const probe = readProbe(name, json);
  const facts = readFacts(json);
  const shown = { name: "stream", tookMs: systemClock.monotonicMs() - startedMs, detail: `${probe.codec} ${probe.widthPx}x${probe.heightPx}` } as const;
  // A live stream has no end: what its container says of one is of no use.
  const endless = address.kind === "file" || address.kind === "stdin" ? {} : { expectedFrames: null, countIsExact: false };
  return { ...probe, ...endless, ...facts, container: address.kind === "network" ? null : facts.container, steps: [shown] };
}

async function probeOther(address: SourceAddress, settings: ProbeSettings, signal?: AbortSignal): Promise<unknown> {
  const { probeTimeoutMs = PROBE_TIMEOUT_MS, ffprobePath } = settings;
  const plan = probePlan(address, settings);
  const args = ["-v", "error", "-of", "json", "-show_format", "-show_streams", ...plan.options, "-i", plan.input];
  const { code, stdout, stderr } = await runShort(ffprobePath, args, signal, { timeoutMs: probeTimeoutMs, feed: (stdin) => lendInput(stdin, plan), environment: plan.environment });
  if (code === -1 && address.kind === "stdin" && standardInput().state === "silent") throw new PipelineError("E_SOURCE_TIMEOUT", `nothing came on standard input within ${probeTimeoutMs} ms`);
  if (code === -1) throw new PipelineError("E_SOURCE_TIMEOUT", `${displayOf(address)}: it could not be told within ${probeTimeoutMs} ms what it is`);
  if (code !== 0 && address.kind === "stdin" && standardInput().state === "empty") throw new PipelineError("E_SOURCE_EMPTY", "standard input ended without a byte");
  if (code !== 0) throw explain(stderr, address);
  return JSON.parse(stdout);
}

function lendInput(stdin: Parameters<typeof feedInput>[0], plan: InputPlan): void {
  if (stdin && plan.stdin === "pipe" && plan.stdinText === undefined) return standardInput().lend(stdin);
  feedInput(stdin, plan);
}
