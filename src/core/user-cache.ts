import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** What decides where a user's folders are. */
export interface UserWorld {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

/** The world of this process. */
export function userWorld(): UserWorld {
  return { environment: process.env, platform: process.platform, home: homedir() };
}

/** Our folder of that name in the user's cache, as the system has it. Absolute; it may not be there yet. Pure. */
export function userCacheFolder(name: string, { environment, platform, home }: UserWorld): string {
  return join(cacheFolder(environment, platform, home), "sightline", name);
}

function cacheFolder(environment: UserWorld["environment"], platform: NodeJS.Platform, home: string): string {
  if (platform === "win32") return environment["LOCALAPPDATA"] || join(home, "AppData", "Local");
  if (platform === "darwin") return join(home, "Library", "Caches");
  const xdg = environment["XDG_CACHE_HOME"] ?? "";
  // The XDG rules: a relative one is to be ignored.
  return isAbsolute(xdg) ? xdg : join(home, ".cache");
}
