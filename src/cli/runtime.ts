import { dirname } from "node:path";
import { systemClock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { addedOpenvino, addOpenvino, describeOpenvino, findOpenvino, removeOpenvino, runtimesFolder, sizeOf } from "../openvino/index.js";
import { showAnswer, type Answer } from "./answer.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { onnxruntimeFolder } from "./package.js";
import { showLine } from "./progress.js";
import { megabytes, pullText } from "./pull.js";
import { coded } from "./report-error.js";
import { settingsFor } from "./settings.js";
import type { Stop } from "./stop.js";
import { openTerminal, printable, type Terminal } from "./terminal.js";

/** A runtime of the list. */
interface Row {
  readonly name: string;
  readonly isUsable: boolean;
  readonly version: string | null;
  readonly path: string | null;
  readonly from: string | null;
  readonly bytes: number | null;
  readonly devices: readonly string[] | null;
  /** Why it is not usable. */
  readonly why: string | null;
}

/**
 * `sightline runtime list|add|remove [openvino]`
 * @throws PipelineError E_USAGE, E_RUNTIME_ADD, E_CONFIG, E_CONFIG_FILE, E_STOPPED
 */
export function runtime(words: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  return showAnswer(words, given, (action, word) => answerTo(action, word, given, stop));
}

async function answerTo(action: string | undefined, word: string | undefined, given: GivenFlags, stop: Stop): Promise<Answer> {
  switch (action) {
    case "list":
      if (word !== undefined) throw new PipelineError("E_USAGE", `runtime list takes no further word, but ${JSON.stringify(word)} was given`);
      return list(given);
    case "add":
      checkName(action, word);
      return add(stop);
    case "remove":
      checkName(action, word);
      return remove();
    default:
      throw new PipelineError("E_USAGE", `runtime is followed by ${JSON.stringify(action)}; allowed: list, add openvino, remove openvino`);
  }
}

function checkName(action: string, word: string | undefined): void {
  if (word === "openvino") return;
  const own = word === "onnxruntime" ? "onnxruntime comes along, it is neither added nor removed" : `runtime ${action} is followed by ${JSON.stringify(word ?? "nothing")}`;
  throw new PipelineError("E_USAGE", `${own}; allowed: openvino`);
}

async function list(given: GivenFlags): Promise<Answer> {
  const { inference } = await settingsFor(FLAGS.runtime, given, []);
  const rows = [await onnxruntimeRow(), await openvinoRow(inference.openvinoPath)];
  const folder = runtimesFolder();
  const added = await addedOpenvino(folder);
  const unused = added.filter(({ path }) => !rows.some((row) => row.path?.startsWith(path)));
  const others = unused.map(({ path, bytes }) => `also added: ${path} (${megabytes(bytes)})`);
  return { json: { folder, runtimes: rows, added }, lines: [...rows.map(rowText), ...others] };
}

async function onnxruntimeRow(): Promise<Row> {
  const { describeRuntime } = await import("../pool/index.js");
  const { version, providers } = await describeRuntime();
  const path = onnxruntimeFolder();
  return { name: "onnxruntime", isUsable: true, version, path, from: "sightline's own packages", bytes: await sizeOf(path), devices: providers, why: null };
}

async function openvinoRow(path: string | null): Promise<Row> {
  const row: Row = { name: "openvino", isUsable: false, version: null, path: null, from: null, bytes: null, devices: null, why: null };
  let found: Partial<Row> = {};
  try {
    const libraries = findOpenvino({ path });
    const folder = dirname(libraries.libraryPath);
    found = { version: libraries.version, path: folder, from: libraries.from, bytes: await sizeOf(folder) };
    const { version, devices } = await describeOpenvino(libraries);
    return { ...row, ...found, isUsable: true, version, devices: devices.map(({ device }) => device.toLowerCase()) };
  } catch (thrown) {
    const { code, message } = coded(thrown);
    return { ...row, ...found, why: `${code} ${message}` };
  }
}

function rowText({ name, isUsable, version, path, from, bytes, devices, why }: Row): string {
  const head = name.padEnd("onnxruntime".length);
  if (!isUsable) return `${head}  not usable: ${why}`;
  const size = bytes === null ? "" : `, ${megabytes(bytes)}`;
  return `${head}  ${version ?? "version unknown"}${size}, ${devices === null ? "" : `devices ${devices.join(", ")}, `}${path} (${from})`;
}

async function add(stop: Stop): Promise<Answer> {
  using terminal = openTerminal();
  stop.tellOn(terminal);
  const added = await addShown(terminal, stop.signal);
  return { json: { name: "openvino", ...added, bytes: await sizeOf(dirname(added.libraryPath)) }, lines: [added.path] };
}

/** Adds it, and shows its licence before and how far it is meanwhile. */
async function addShown(terminal: Terminal, signal: AbortSignal): ReturnType<typeof addOpenvino> {
  const startedMs = systemClock.monotonicMs();
  let [bytes, doneBytes] = [0, 0];
  const line = (): string => {
    if (bytes === 0) return "openvino  looking for a Python with pip";
    if (doneBytes >= bytes) return `openvino  ${megabytes(bytes)} are here, unpacking`;
    return pullText({ name: "openvino", bytes, doneBytes, cameBytes: doneBytes, tookMs: systemClock.monotonicMs() - startedMs });
  };
  using _progress = showLine(line, terminal, systemClock);
  const added = await addOpenvino({
    clock: systemClock,
    signal,
    onBegin(release, wheel, folder) {
      bytes = wheel.bytes;
      terminal.say(`sightline: ${printable(`OpenVINO ${release.version}: ${megabytes(wheel.bytes)} by pip, unpacked ${megabytes(wheel.unpackedBytes)}, licence ${release.licence} (${release.page}), into ${folder}`)}`);
    },
    onBytes: (done) => void (doneBytes = Math.max(doneBytes, done)),
  });
  terminal.say(`sightline: OpenVINO ${added.version} ${added.wasThere ? "was here already" : "is here"}`);
  return added;
}

async function remove(): Promise<Answer> {
  const removed = await removeOpenvino({ clock: systemClock });
  const lines = removed.map(({ path, bytes }) => `removed ${path} (${megabytes(bytes)})`);
  return { json: { name: "openvino", folder: runtimesFolder(), removed }, lines: lines.length > 0 ? lines : [`nothing was added to ${runtimesFolder()}`] };
}
