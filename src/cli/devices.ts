import { listDevices, type Device, type DeviceFormat } from "../source/index.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { print } from "./print.js";
import { settingsFor } from "./settings.js";
import { paintFor, printable, type Paint } from "./terminal.js";

/**
 * `sightline devices`: the cameras of this machine, how each is written as a source, and what it delivers.
 * @returns 0, also when there is none
 * @throws PipelineError E_USAGE, E_CONFIG, E_CONFIG_FILE, E_FFMPEG_MISSING
 */
export async function devices(given: GivenFlags): Promise<number> {
  const settings = await settingsFor(FLAGS.devices, given, []);
  const found = await listDevices(settings.source.ffmpegPath);
  if (given["json"] === true) await print(JSON.stringify({ v: 1, ...found }));
  else if (found.devices.length > 0) await print(found.devices.map((device) => deviceText(device, paintFor(process.stdout, process.env))).join("\n"));
  else await print(found.system === null ? `cameras can't be read on ${process.platform}` : "no camera was found at this machine");
  return 0;
}

/** A camera and its formats, one a line. Pure. */
export function deviceText({ source, name, device, formats }: Device, paint: Paint): string {
  const where = device === name ? "" : ` (${device})`;
  return [`${paint.bold(source)}  ${printable(name)}${printable(where)}`, ...formats.map(formatText)].join("\n");
}

function formatText({ format, sizes, mostFps }: DeviceFormat): string {
  const rate = mostFps === null ? "" : ` up to ${mostFps} fps`;
  return `  ${format.padEnd(10)} ${sizes.join(" ")}${rate}`.trimEnd();
}
