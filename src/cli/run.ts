import type { Settings } from "../config/index.js";
import { PipelineError } from "../core/errors.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { fetchModels, modelsIn } from "./pull.js";
import { watchForReload } from "./reload.js";
import { saveOf } from "./save.js";
import { runSession } from "./run-session.js";
import { settingsFile, settingsFor } from "./settings.js";
import type { Stop } from "./stop.js";

const KINDS_OF_SOURCES =
  "it may be an address such as rtsp://, a camera, a video file, a picture, a folder or glob of pictures, - or a test source; or streams in a settings file";

/**
 * `sightline run SOURCE...`
 * @throws PipelineError E_USAGE, E_CONFIG, E_CONFIG_FILE
 */
export async function run(sources: readonly string[], given: GivenFlags, stop: Stop): Promise<number> {
  if (sources.includes("")) throw new PipelineError("E_USAGE", `a source is empty, perhaps a variable of a script that is not set; ${KINDS_OF_SOURCES}`);
  const load = async (): Promise<Settings> => {
    const all = await settingsFor(FLAGS.run, given, sources);
    // Loaded beside all that comes now: the first detection waits for it. A mistake in the settings is told without it.
    void import("../session/index.js").catch(() => undefined);
    // Who names sources on the command line wants to see those.
    const settings = sources.length > 0 ? { ...all, streams: {} } : all;
    // Also when it is read again: a file that was emptied, or is half written, is no wish to stop.
    if (settings.sources.length === 0 && Object.keys(settings.streams).length === 0) throw new PipelineError("E_USAGE", `no source was given; ${KINDS_OF_SOURCES}`);
    await fetchModels(modelsIn(settings), stop.signal);
    return settings;
  };
  const file = settingsFile(given);
  using reload = file ? watchForReload(file, load) : undefined;
  const settings = await load();
  const json = given["json"] === true;
  if (json && settings.log.path === "-") {
    // One reader could not tell the summary from the records: it looks for whole objects of one kind.
    throw new PipelineError("E_USAGE", "--json and records on standard output (--out -) exclude each other: write the records to a file");
  }
  const save = await saveOf(settings, given, stop);
  return await runSession(settings, { command: "run", json, ...(save && { save }), verbose: given["verbose"] === true, continues: given["continue"] === true, sparePorts: 0, ...(reload && { reload }), ...(sources.length > 0 && { noPersist: "sources were given on the command line, so the streams of the settings file are left aside" }) }, stop);
}
