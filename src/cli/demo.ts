import { openBrowser } from "./browser.js";
import { FLAGS, type GivenFlags } from "./flags.js";
import { packaged, STREET_CLIP } from "./package.js";
import { fetchModels } from "./pull.js";
import { runSession } from "./run-session.js";
import { settingsFor } from "./settings.js";
import type { Stop } from "./stop.js";

/** Where the demo's page and records are when nobody says otherwise. */
const PORT = 8420;
const RECORDS = "detections.jsonl";
/** The next ports are tried when somebody else has that one; a port that was asked for is not replaced. */
const SPARE_PORTS = 20;

/** `sightline demo`: the street that comes along, as if it were a camera, with its live page. */
export async function demo(given: GivenFlags, stop: Stop): Promise<number> {
  const preset = { "sources": [packaged(STREET_CLIP)], "source.realtime": true, "source.loop": true, "serve.port": PORT, "log.path": RECORDS };
  const settings = await settingsFor(FLAGS.demo, given, [], preset);
  await fetchModels([settings.model.path], stop.signal);
  return runSession({ ...settings, streams: {} }, {
    command: "demo",
    json: false,
    verbose: given["verbose"] === true,
    sparePorts: settings.serve?.port === PORT && given["serve"] === undefined ? SPARE_PORTS : 0,
    onServed: (url) => given["open"] !== false && openBrowser(url),
  }, stop);
}
