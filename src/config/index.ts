export { DEFAULTS_PATH, defaultsText, errorsTable, GENERATE_COMMAND, README_PATH, SCHEMA_PATH, schemaText, settingsTable, withTables } from "./generated.js";
export type { FlagValue } from "./layers.js";
export { loadSettings, type SettingsSources } from "./load.js";
export { nearestKey } from "./nearest.js";
export { apiStreamSchema, settingsSchema, type Settings, type StreamSettings } from "./schema.js";
export { namesIn, readSecrets, withSecrets, type Secrets } from "./secrets.js";
export { settingsFileStore, type SettingsFileStore } from "./store.js";
export { watchSettingsFile, type SettingsWatch, type WatchListener } from "./watch.js";
export { parseSettingsFile, type SettingsFile } from "./yaml.js";
