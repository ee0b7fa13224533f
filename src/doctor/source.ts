import { redactAddress } from "../core/redact.js";
import { ok, type Look } from "./examine.js";
import type { Sight } from "./model.js";

/** What a look at a file's head gives. */
export interface SourceFacts {
  readonly codec: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number | null;
  readonly expectedFrames: number | null;
  /** How it would be decoded, where that is not the plain way. */
  readonly decode?: string | null;
}

/** Looks at a source's head and at its first frame. `probe` gives null for sources that are no video file. `stream`: its name in the settings. */
export function sourceLooks(source: string, probe: () => Promise<SourceFacts | null>, see: () => Promise<Sight>, stream?: string): Look[] {
  const of = stream === undefined ? "" : `${stream}: `;
  const name = `${of}${redactAddress(source)}`;
  let opened = false;
  return [
    {
      name: "source",
      of,
      async look() {
        const facts = await probe();
        opened = true;
        if (facts === null) return ok(`${name}: pictures, standard input or the numbered source`);
        const { codec, widthPx, heightPx, fps, expectedFrames, decode } = facts;
        const rate = fps === null ? "no constant rate" : `${Number(fps.toFixed(2))} fps`;
        return ok(`${name}: ${codec}, ${widthPx}x${heightPx}, ${rate}, ${expectedFrames ?? "an unknown number of"} frames${decode ? `; ${decode}` : ""}`);
      },
    },
    {
      name: "first frame",
      of,
      async look() {
        if (!opened) return { status: "warn", detail: `${of}not looked at: the source can't be opened`, next: null };
        const { widthPx, heightPx, objects, firstRecordMs } = await see();
        return ok(`${of}${widthPx}x${heightPx} after ${Math.round(firstRecordMs)} ms, ${objects.length} objects`);
      },
    },
  ];
}
