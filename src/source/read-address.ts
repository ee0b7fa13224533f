import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import { parseAddress, type SourceAddress } from "./address.js";
import { listDevices } from "./devices.js";

/**
 * Reads a source's name against this machine: whether it is a folder, the whole path of a file, and on Windows, where
 * cameras have only names, the name of the n-th.
 * @throws PipelineError E_SOURCE_SCHEME, E_USAGE, E_DEVICE, E_FFMPEG_MISSING
 */
export async function readAddress(name: string, ffmpegPath: string, signal?: AbortSignal): Promise<SourceAddress> {
  const isFolder = (await stat(name).catch(() => undefined))?.isDirectory() ?? false;
  const address = parseAddress(name, isFolder);
  if (address.kind === "file") return { kind: "file", path: resolve(address.path) };
  if (address.kind !== "device" || address.system !== "dshow" || !/^\d+$/.test(address.device)) return address;
  const { devices } = await listDevices(ffmpegPath, signal);
  const found = devices[Number(address.device)];
  if (found === undefined) throw new PipelineError("E_DEVICE", `${redactAddress(name)}: there are ${devices.length} cameras, counted from 0`);
  return { ...address, device: found.device };
}
