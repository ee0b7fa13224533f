import type { Settings } from "../config/index.js";
import { asPipelineError, ERROR_TABLE, PipelineError } from "../core/errors.js";
import { loadModelInfo } from "../pool/index.js";
import { checkFfmpeg, decodeText, displayOf, examineSource, planDecode, readAddress, withGaps, type ProbeStep, type SourceAddress, type SourceProbe } from "../source/index.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { fetchModels } from "./pull.js";
import { errorText } from "./report-error.js";
import { settingsFor } from "./settings.js";
import { statusOf, type Stop } from "./stop.js";
import { openTerminal, paintFor, printable, type Paint } from "./terminal.js";

/** From so many pixels a pixel of the model's input on, most of what is decoded is thrown away. */
const WASTEFUL_RATIO = 6;

/**
 * `sightline probe SOURCE`: what a source is, how long each step to its first picture took, and why when it fails.
 * @returns 1 when it failed, 128 + its number when a signal stopped it, else 0
 * @throws PipelineError E_USAGE, E_CONFIG, E_CONFIG_FILE, E_SOURCE_SCHEME
 */
export async function probe(source: string | undefined, given: GivenFlags, stop: Stop): Promise<number> {
  if (source === undefined) throw new PipelineError("E_USAGE", "no source was given to probe; it may be an address, a camera, a video file or -");
  const settings = await settingsFor(FLAGS.probe, given, [source]);
  const json = given["json"] === true;
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const { ffmpegPath } = settings.source;
  const address = await readAddress(source, ffmpegPath, stop.signal);
  if (address.kind === "images" || address.kind === "numbered") {
    throw new PipelineError("E_USAGE", `${displayOf(address)}: pictures and test:numbered are not probed; try sightline check SOURCE`);
  }
  const paint = paintFor(process.stdout, process.env);
  const steps: ProbeStep[] = [];
  const pending: Promise<void>[] = [];
  const onStep = (step: ProbeStep): void => {
    steps.push(step);
    if (!json) pending.push(print(stepText(step, paint)));
  };
  try {
    await checkFfmpeg(ffmpegPath, stop.signal);
    const { connectTimeoutMs, firstFrameTimeoutMs } = settings.live;
    const options = { ...settings.source, maxFps: settings.live.maxFps };
    const seen = await examineSource(address, { ...settings.source, connectTimeoutMs, firstFrameTimeoutMs }, onStep, stop.signal);
    const found = await withGaps(seen, address, options, stop.signal);
    const decode = decodeText(planDecode(found, address, options), settings.source.hwaccel);
    const advice = await adviceFor(address, found, settings, stop.signal);
    await Promise.all(pending);
    await print(json ? JSON.stringify(report(address, found, steps, advice, null, decode)) : foundText(address, found, settings, advice, paint, decode));
    return 0;
  } catch (thrown) {
    const error = asPipelineError(stop.mistake ?? thrown, "E_INTERNAL");
    await Promise.all(pending);
    if (stop.by !== null) return statusOf(stop.by);
    if (json) await print(JSON.stringify(report(address, null, steps, [], error)));
    else process.stderr.write(`${errorText(error, paintFor(process.stderr, process.env))}\n`);
    return ERROR_TABLE[error.code].exit === 2 ? 1 : ERROR_TABLE[error.code].exit;
  }
}

/** The JSON of `--json`; `v` changes when a key changes its meaning. */
function report(address: SourceAddress, found: SourceProbe | null, steps: readonly ProbeStep[], advice: readonly string[], error: PipelineError | null, decode: string | null = null) {
  const stream = found && {
    codec: found.codec, profile: found.profile, widthPx: found.widthPx, heightPx: found.heightPx, fps: found.fps, pixelFormat: found.pixelFormat,
    rotationDeg: found.rotationDeg, container: found.container, frames: found.expectedFrames, decode,
  };
  return { v: 1, ok: error === null, source: displayOf(address), steps: steps.map((step) => ({ ...step, tookMs: Math.round(step.tookMs) })), stream, advice, error: error?.toWire() ?? null };
}

function stepText({ name, tookMs, detail }: ProbeStep, paint: Paint): string {
  return `${paint.green("ok")}    ${name.padEnd(12)} ${`${Math.round(tookMs)} ms`.padStart(8)}  ${printable(detail)}`;
}

/** The lines about the stream. Pure. */
export function foundText(address: SourceAddress, found: SourceProbe, { source }: Pick<Settings, "source">, advice: readonly string[], paint: Paint, decode: string): string {
  const rate = found.fps === null ? "no constant rate" : `${Number(found.fps.toFixed(2))} fps`;
  const codec = found.profile === null ? found.codec : `${found.codec} (${found.profile})`;
  const turned = found.rotationDeg === 0 ? [] : [`turned by ${found.rotationDeg} degrees`];
  const frames = found.expectedFrames === null ? [] : [`${found.expectedFrames} frames`];
  const facts = [codec, `${found.widthPx}x${found.heightPx}`, rate, found.pixelFormat, ...turned, ...(found.container === null ? [] : [found.container]), ...frames, ...transport(address, source)];
  return [paint.bold(printable(displayOf(address))), `  ${facts.join(", ")}`, `  ${decode}`, ...advice.map((line) => `  -> ${line}`)].join("\n");
}

function transport(address: SourceAddress, { rtspTransport }: Settings["source"]): string[] {
  if (address.kind !== "network") return [];
  if (address.scheme === "rtsp") return [`RTSP over ${rtspTransport.toUpperCase()}`];
  return [address.scheme === "rtsps" ? "RTSP over TLS" : address.scheme.toUpperCase()];
}

/** A camera usually has a second, smaller stream: decoding the big one is the greatest part of the work, and wasted on a small model. */
async function adviceFor({ kind }: SourceAddress, { widthPx, heightPx, codec }: SourceProbe, settings: Settings, signal: AbortSignal): Promise<string[]> {
  if (kind !== "network" && kind !== "device") return [];
  const { model } = settings;
  await fetchModels([model.path], signal);
  const { info } = await loadModelInfo(model.path, model);
  const ratio = (widthPx * heightPx) / (info.inputWidthPx * info.inputHeightPx);
  if (ratio < WASTEFUL_RATIO) return [];
  const size = `${widthPx}x${heightPx} is ${Math.round(ratio)} times what the model looks at (${info.inputWidthPx}x${info.inputHeightPx})`;
  if (kind === "device") return [`${size}: ask it for less, e.g. ?size=640x480`];
  return [
    `${size}: a camera's second stream (often subtype=1, /Channels/102 or h264Preview_01_sub) costs a fraction of the decoding`,
    ...(codec === "mjpeg" ? [] : ["or live.maxFps, where fewer frames a second are enough: the others are not scaled, and where source.decode allows not decoded"]),
  ];
}
