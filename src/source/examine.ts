import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { displayOf, type SourceAddress } from "./address.js";
import { explain } from "./explain.js";
import { inputPlan } from "./input.js";
import { decodeOneFrame } from "./one-frame.js";
import { probeSource, type ProbeSettings, type ProbeStep, type SourceProbe } from "./probe-source.js";
import { reach } from "./reach.js";

/** What an examination needs to know. */
export interface ExamineSettings extends ProbeSettings {
  readonly ffmpegPath: string;
  /** Longest a connection may take, ms, and longest until the first frame. */
  readonly connectTimeoutMs: number;
  readonly firstFrameTimeoutMs: number;
}

/**
 * Goes all the way to a picture, one step after the other, to find where it takes its time or fails. Opens up to three
 * connections, one after the other: for people, not for the running product.
 * @param onStep called when a step is done, in order: name, connection, tls, stream, first frame, as far as they apply
 * @throws PipelineError of the step that failed: of `reach`, `probeSource` and `explain`, E_SOURCE_TIMEOUT, E_SOURCE_NO_FRAMES
 */
export async function examineSource(address: SourceAddress, settings: ExamineSettings, onStep: (step: ProbeStep) => void, signal: AbortSignal): Promise<SourceProbe> {
  const { connectTimeoutMs, firstFrameTimeoutMs } = settings;
  const steps: ProbeStep[] = [];
  const done = (step: ProbeStep): void => {
    steps.push(step);
    onStep(step);
  };
  if (address.kind === "network") await reach(address, connectTimeoutMs, done, signal);
  const limits = { probeTimeoutMs: connectTimeoutMs + firstFrameTimeoutMs, ioTimeoutMs: connectTimeoutMs };
  const probe = await probeSource(address, { ...settings, ...limits }, signal);
  probe.steps.forEach(done);
  done(await firstFrame(address, settings, probe, signal));
  return { ...probe, steps };
}

async function firstFrame(address: SourceAddress, settings: ExamineSettings, { codec, widthPx, heightPx }: SourceProbe, signal: AbortSignal): Promise<ProbeStep> {
  const { ffmpegPath, firstFrameTimeoutMs, connectTimeoutMs } = settings;
  const timeoutMs = connectTimeoutMs + firstFrameTimeoutMs;
  const plan = inputPlan(address, { ...settings, codec, loop: false, ioTimeoutMs: connectTimeoutMs });
  const startedMs = systemClock.monotonicMs();
  const { code, stderr } = await decodeOneFrame(ffmpegPath, plan, "warning", signal, { timeoutMs });
  const tookMs = systemClock.monotonicMs() - startedMs;
  if (code === -1) throw new PipelineError("E_SOURCE_TIMEOUT", `${displayOf(address)}: no frame came within ${timeoutMs} ms`);
  if (code !== 0) throw explain(stderr, address);
  if (/Output file is empty|nothing was encoded/i.test(stderr)) throw new PipelineError("E_SOURCE_NO_FRAMES", `${displayOf(address)}: it was opened, but not one frame could be decoded`);
  return { name: "first frame", tookMs, detail: `${widthPx}x${heightPx}, connection included` };
}
