import { resolve } from "node:path";
import { userCacheFolder, userWorld, type UserWorld } from "../core/user-cache.js";

/** Names another folder for the weights. */
const FOLDER_VARIABLE = "SIGHTLINE_MODELS_FOLDER";

/** The folder that pulled weights lie in: that of SIGHTLINE_MODELS_FOLDER, or one in the user's cache, as the system has it. Absolute. */
export function modelsFolder(world: UserWorld = userWorld()): string {
  const own = world.environment[FOLDER_VARIABLE] ?? "";
  return own === "" ? userCacheFolder("models", world) : resolve(own);
}
