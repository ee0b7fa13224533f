import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { constantModel } from "../support/models.js";
import { temporaryFolder } from "../support/pool.js";
import { runSession } from "../support/running.js";
import { runToEnd, settings } from "../support/session.js";
import { ffmpeg } from "../support/source.js";
import { until } from "../support/until.js";

const folder = temporaryFolder();
const FPS = 20;
const FRAMES = 140;
/** In these something moves: a white square, there for half a second. */
const [FROM, TO] = [80, 89];
const clip = join(folder, "square.mp4");
ffmpeg("-f", "lavfi", "-i", `color=gray:size=160x96:rate=${FPS}:duration=${FRAMES / FPS}[wall];color=white:size=48x48:rate=${FPS}[square];[wall][square]overlay=x='2*(n-${FROM})+20':y=24:shortest=1:enable='between(n,${FROM},${TO})'`, "-c:v", "mpeg4", "-q:v", "3", clip);

const model = { path: constantModel(0) };
const GATE = { kind: "motion", holdMs: 500, refreshMs: 2500 };
/** A second to learn, half a second held; the square, from its second frame on at the latest, and what is held behind it. */
const LOOKED = (frame: number): boolean => frame < 29 || (frame > FROM && frame <= TO + 8);

for (const [name, more] of [
  ["threads", { inference: { mode: "threads", workers: 2 } }],
  ["processes", { inference: { mode: "processes", workers: 1 } }],
  ["shared, preprocess exact", { inference: { mode: "shared", workers: 1 }, source: { preprocess: "exact" } }],
] as const) {
  test(`${name}: each frame leaves once, in order; those in which nothing moves are still, and say since when`, async () => {
    const { records, stats } = await runToEnd(settings({ model, gate: GATE, sources: [clip], ...more }));
    assert.deepEqual(records.map(({ frame }) => frame), Array.from({ length: FRAMES }, (_, i) => i));
    let last = -1;
    for (const { frame, outcome, unchangedSince, objects } of records) {
      if (outcome === "detected") {
        last = frame;
        assert.equal(unchangedSince, undefined);
      } else {
        assert.deepEqual([outcome, unchangedSince, objects.length], ["still", last, 0], `frame ${frame}`);
      }
    }
    const looked = records.filter(({ outcome }) => outcome === "detected").map(({ frame }) => frame);
    for (let frame = 0; frame < FRAMES; frame += 1) {
      if (LOOKED(frame)) assert.ok(looked.includes(frame), `frame ${frame} was not looked at`);
    }
    const beside = looked.filter((frame) => !LOOKED(frame));
    // One for the refresh; frames at the edges of the hold time may fall to either side.
    assert.ok(beside.length >= 1 && beside.length <= 8, `looked at besides: ${beside.join()}`);
    const { outcomes, gate } = stats[0]!;
    assert.deepEqual([outcomes.still, gate?.looks, gate?.state], [FRAMES - looked.length, FRAMES, "still"]);
  });
}

test("a running camera's gate is changed without a new connection, and a live stream says which one is on", async () => {
  const stream = { source: clip, sourceOptions: { realtime: true, loop: true } };
  const { sources: _, ...base } = settings({ model, inference: { workers: 1 } });
  await using running = await runSession({ ...base, sources: [], streams: { cam: stream } });
  await running.moves("cam", 1);
  assert.ok(running.notices.some(({ message }) => message === "every frame is looked at (gate: none)"), JSON.stringify(running.notices));
  assert.equal(running.of("cam")?.gate, undefined);
  await running.session.change("cam", { ...stream, gate: "motion" });
  await until(() => (running.of("cam")?.outcomes.still ?? 0) > 0, "a still frame");
  const { epoch, gate } = running.of("cam")!;
  assert.deepEqual([epoch, gate !== undefined && gate.looks > 0], [1, true]);
  await running.session.change("cam", { ...stream, gate: "none" });
  await until(() => running.of("cam")?.gate === undefined, "the gate to be gone");
});
