import assert from "node:assert/strict";
import { test } from "node:test";
import type { StreamStats } from "../../src/core/stats.js";
import { pulseOf } from "../../src/session/pulse.js";

const outcomes = { detected: 5, failed: 1, late: 0, aborted: 0, still: 2 };
const stream = (name: string, state: StreamStats["state"]): StreamStats => ({ stream: name, state, outcomes }) as StreamStats;

test("a session is warm when every stream that is not over has its model; ended frames are added up", () => {
  const streams = [stream("gate", "live"), stream("yard", "connecting"), stream("shed", "failed")];
  assert.deepEqual(pulseOf(streams, (name) => name === "gate", 3), { isWarm: false, runsOut: 3, outcomes: 24 });
  assert.equal(pulseOf(streams, (name) => name !== "shed", 0).isWarm, true);
});
