import { dirname, join } from "node:path";
import { loadSettings, type Settings, type SettingsSources } from "../config/index.js";
import { settingsFlags, type Flag, type GivenFlags } from "./flags.js";

/** Where the tokens are when the settings do not say: beside them. */
const TOKENS_FILE = "sightline-tokens.json";

/** Reads the settings of a command: its presets, --config or SIGHTLINE_CONFIG, the environment, its flags. */
export async function settingsFor(table: readonly Flag[], given: GivenFlags, sources: readonly string[], preset: SettingsSources["preset"] = {}): Promise<Settings> {
  const file = settingsFile(given);
  const flags = settingsFlags(table, given, sources);
  const settings = await loadSettings({ preset, ...(file && { file }), environment: process.env, flags });
  return settings.serve === null ? settings : { ...settings, serve: { ...settings.serve, tokensFile: tokensFileOf(settings, given) } };
}

/** The file with the tokens, also where nothing is served. */
export function tokensFileOf({ serve }: Settings, given: GivenFlags): string {
  return serve?.tokensFile ?? join(dirname(settingsFile(given) ?? "."), TOKENS_FILE);
}

/** The settings file that was named; empty or undefined when there is none. */
export function settingsFile(given: GivenFlags): string | undefined {
  return typeof given["config"] === "string" ? given["config"] : process.env["SIGHTLINE_CONFIG"];
}
