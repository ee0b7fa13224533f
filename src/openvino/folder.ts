import { resolve } from "node:path";
import { userCacheFolder, userWorld, type UserWorld } from "../core/user-cache.js";

/** Names another folder for runtimes that were added. */
export const FOLDER_VARIABLE = "SIGHTLINE_RUNTIMES_FOLDER";

/** The folder that `sightline runtime add` puts runtimes into: that of SIGHTLINE_RUNTIMES_FOLDER, or one in the user's cache. Absolute. */
export function runtimesFolder(world: UserWorld = userWorld()): string {
  const own = world.environment[FOLDER_VARIABLE] ?? "";
  return own === "" ? userCacheFolder("runtimes", world) : resolve(own);
}
