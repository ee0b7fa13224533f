import { PipelineError } from "../core/errors.js";
import type { StreamStats } from "../core/stats.js";
import type { StreamControl, StreamInfo } from "../gateway/index.js";

/** What the API shows of the streams of a log. They are as they were: whatever would change one is refused. */
export function replayControl(logs: readonly string[], streams: () => readonly StreamStats[]): StreamControl {
  const refuse = (): Promise<never> => Promise.reject(new PipelineError("E_STREAM_STATE", "the streams of a log can't be changed; the replay itself is steered by /api/v1/playback"));
  const infoOf = (stats: StreamStats): StreamInfo => ({ name: stats.stream, settings: { source: logs.join(", ") }, required: true, stats, reordering: 0 });
  return {
    list: () => streams().map(infoOf),
    get(name) {
      const stats = streams().find(({ stream }) => stream === name);
      return stats && infoOf(stats);
    },
    add: refuse, change: refuse, remove: refuse, restart: refuse, pause: refuse, resume: refuse,
    gateView: () => undefined,
    models: () => [],
    sinks: () => [],
    settings: () => ({ replay: logs }),
  };
}
