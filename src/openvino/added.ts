import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Clock } from "../core/clock.js";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { runtimesFolder } from "./folder.js";
import { addedFolders } from "./found.js";
import { bytesIn, removeAbandoned, removeFolder } from "./part.js";

/** A version of OpenVINO that was added. */
export interface AddedFolder {
  readonly path: string;
  readonly bytes: number;
}

/** All that were added and are there. */
export function addedOpenvino(folder = runtimesFolder()): Promise<AddedFolder[]> {
  return Promise.all(addedFolders(folder).map(async (path) => ({ path, bytes: await bytesIn(path) })));
}

/**
 * Removes all versions that were added, and what was left of adding them. Those of the system are not ours.
 * @returns what was removed
 * @throws PipelineError E_RUNTIME_ADD
 */
export async function removeOpenvino({ clock, folder = runtimesFolder() }: { readonly clock: Clock; readonly folder?: string }): Promise<AddedFolder[]> {
  const added = await addedOpenvino(folder);
  for (const { path } of added) {
    await removeFolder(path).catch((cause: unknown) => {
      throw new PipelineError("E_RUNTIME_ADD", `${path} can't be removed (${systemCodeOf(cause)})`, { cause });
    });
  }
  await removeAbandoned(folder, clock);
  return added;
}

/** The bytes of a runtime's libraries in a folder, which may be the system's and hold others too. Folders in it do not count. */
export async function sizeOf(folder: string): Promise<number> {
  const names = (await readdir(folder)).filter((name) => OF_A_RUNTIME.test(name));
  const facts = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return facts.reduce((sum, one) => sum + (one?.isFile() === true ? one.size : 0), 0);
}

const OF_A_RUNTIME = /openvino|tbb|hwloc|onnxruntime|directml|dxcompiler|dxil/i;
