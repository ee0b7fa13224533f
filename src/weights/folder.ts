import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** Names another folder for the weights. */
const FOLDER_VARIABLE = "SIGHTLINE_MODELS_FOLDER";

/** What decides where the weights lie. */
export interface FolderWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/** The folder that pulled weights lie in: that of SIGHTLINE_MODELS_FOLDER, or one in the user's cache, as the system has it. Absolute. */
export function modelsFolder({ environment, platform, home }: FolderWorld = { environment: process.env, platform: process.platform, home: homedir() }): string {
  const own = environment[FOLDER_VARIABLE] ?? "";
  if (own !== "") return resolve(own);
  return join(cacheFolder(environment, platform, home), "sightline", "models");
}

function cacheFolder(environment: FolderWorld["environment"], platform: NodeJS.Platform, home: string): string {
  if (platform === "win32") return environment["LOCALAPPDATA"] || join(home, "AppData", "Local");
  if (platform === "darwin") return join(home, "Library", "Caches");
  const xdg = environment["XDG_CACHE_HOME"] ?? "";
  // The XDG rules: a relative one is to be ignored.
  return isAbsolute(xdg) ? xdg : join(home, ".cache");
}
