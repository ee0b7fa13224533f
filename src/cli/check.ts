import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Settings } from "../config/index.js";
import { systemClock } from "../core/clock.js";
import { coresLook, examine, ffmpegLook, modelLook, nodeLook, openvinoLook, pictureLook, queueLook, runtimeLook, sourceLooks, type DrawnPicture, type Finding, type Look, type QueueFacts } from "../doctor/index.js";
import { availableCores, machineLine } from "../machine/index.js";
import { describeOpenvino, findOpenvino } from "../openvino/index.js";
import { describeRuntime, loadModelInfo } from "../pool/index.js";
import { specsOf, type SessionOptions, type StreamSpec } from "../session/index.js";
import { checkFfmpeg, decodeLine, planDecode, probeSource, readAddress, withGaps, type Probe } from "../source/index.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { fetchModels, modelsIn } from "./pull.js";
import { settingsFor } from "./settings.js";
import { seeFirstFrame } from "./sight.js";
import { paintFor, printable, type Paint } from "./terminal.js";

/** A street by day with cars and people near the camera, and the moment in it, s. */
const DRAWN_SEED = 43;
const DRAWN_AT_S = 8;
/** What is smaller is not asked for here: missing one far figure says nothing about the installation. */
const LEAST_HEIGHT_PX = 32;
const LEAST_VISIBLE = 0.7;

/**
 * `sightline check [SOURCE]`: prints one line a finding. Without a source it looks at all that the settings name.
 * @returns 1 when something failed, else 0
 * @throws PipelineError E_USAGE, E_CONFIG, E_CONFIG_FILE
 */
export async function check(source: string | undefined, given: GivenFlags): Promise<number> {
  const all = await settingsFor(FLAGS.check, given, source === undefined ? [] : [source]);
  // Who names a source on the command line wants to know of that one.
  const settings = source === undefined ? all : { ...all, streams: {} };
  const json = given["json"] === true;
  const paint = paintFor(process.stdout, process.env);
  const findings: Finding[] = [];
  const folder = await mkdtemp(join(tmpdir(), "sightline-check-"));
  try {
    for await (const finding of examine(looksFor(settings, folder))) {
      findings.push(finding);
      if (!json) await print(findingText(finding, paint));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const failed = findings.some(({ status }) => status === "fail");
  if (json) await print(JSON.stringify({ v: 1, ok: !failed, findings }));
  return failed ? 1 : 0;
}

function looksFor(settings: Settings, folder: string): Look[] {
  const { ffmpegPath, ffprobePath } = settings.source;
  const { model } = settings;
  return [
    nodeLook(process.versions.node),
    coresLook(availableCores(), machineLine()),
    ffmpegLook({ ffmpeg: ffmpegPath, ffprobe: ffprobePath }, checkFfmpeg),
    runtimeLook(settings.inference.mode, describeRuntime),
    openvinoLook(settings.inference.runtime, isOpenvinoNamed(settings), () => findOpenvino({ path: settings.inference.openvinoPath }), describeOpenvino),
    modelLook(async () => {
      // A signal ends this command at once, and what has come is kept.
      await fetchModels(modelsIn(settings), new AbortController().signal);
      return loadModelInfo(model.path, model);
    }),
    pictureLook(() => drawnPicture(folder), (path) => seeFirstFrame(settings, path), settings.model.path === "builtin"),
    ...(settings.inference.mode === "queue" ? [queueLook(() => queueFacts(settings))] : []),
    ...specsOf(settings).flatMap(streamLooks(settings)),
  ];
}

function isOpenvinoNamed({ inference }: Settings): boolean {
  return inference.openvinoPath !== null || (process.env["SIGHTLINE_OPENVINO"] ?? "") !== "";
}

async function queueFacts({ model, inference }: Settings): Promise<QueueFacts> {
  const [{ examineQueue }, { info }] = await Promise.all([import("../queue/index.js"), loadModelInfo(model.path, model)]);
  return { ...(await examineQueue(inference.queue, info, systemClock)), sha256: info.sha256 };
}

/** Each stream with its own model, filter and source options, as it would run. */
function streamLooks(settings: Settings): (spec: StreamSpec) => Look[] {
  return ({ name, source, atDoor, model, detect, live, sourceOptions }) => {
    const own = { ...settings, model, detect, live, source: sourceOptions };
    return sourceLooks(source, () => probed(source, own), () => seeFirstFrame(own, source), atDoor ? undefined : name);
  };
}

/** What FFmpeg says of a source; pictures and the numbered source are not its business, and standard input can be read only once. */
async function probed(name: string, { source, live }: Pick<SessionOptions, "source" | "live">): Promise<(Probe & { readonly decode: string | null }) | null> {
  const address = await readAddress(name, source.ffmpegPath);
  if (address.kind === "images" || address.kind === "numbered" || address.kind === "stdin") return null;
  const options = { ...source, maxFps: live.maxFps };
  const probe = await withGaps(await probeSource(address, source), address, options);
  return { ...probe, decode: decodeLine(planDecode(probe, address, options), options) };
}

/** Draws a street and writes it as a picture file. */
async function drawnPicture(folder: string): Promise<DrawnPicture> {
  const [{ CLASS_NAMES, createRenderer, makeStreet }, { encodePng }] = await Promise.all([import("../scene/index.js"), import("../picture/index.js")]);
  const renderer = await createRenderer(makeStreet(DRAWN_SEED, { time: "day", view: "across" }));
  const { picture, objects } = await renderer.frame(DRAWN_AT_S);
  const path = join(folder, "street.png");
  await writeFile(path, await encodePng(picture));
  const asked = objects.filter(({ box, visible, ignore }) => !ignore && visible >= LEAST_VISIBLE && box[3] - box[1] >= LEAST_HEIGHT_PX);
  return { path, truth: asked.map(({ classId, box }) => ({ label: CLASS_NAMES[classId], box })) };
}

/** `ok    FFmpeg       5.1.9, ...`, and below it what to do where something is to be done. Pure. */
export function findingText({ name, status, detail, next }: Finding, paint: Paint): string {
  const colour = { ok: paint.green, warn: paint.yellow, fail: paint.red }[status];
  const line = `${colour(status.padEnd(4))}  ${name.padEnd(12)} ${printable(detail).replaceAll("\n", " ")}`;
  return next === null ? line : `${line}\n      ${" ".repeat(13)}-> ${next}`;
}
