import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamStats } from "../../src/core/stats.js";
import { waitingFor } from "../../src/session/waiting.js";

const stream = (name: string, state: StreamStats["state"], inHouse: number): StreamStats => ({ stream: name, state, inHouse }) as StreamStats;

test("what a session waits for is said: runs that are out, streams that are not over, bytes that have not left", () => {
  const streams = [stream("gate", "live", 1), stream("yard", "ended", 0), stream("shed", "failed", 0)];
  const sinks = [{ name: "stdout", bufferedBytes: 70_000 }, { name: "log.jsonl", bufferedBytes: 0 }, { name: "none" }];
  assert.deepEqual(waitingFor(streams, 2, sinks), ["2 model runs", "stream gate with 1 frame under way", "70000 bytes for stdout"]);
  assert.deepEqual(waitingFor([stream("yard", "ended", 0)], 0, []), []);
});
