import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test, type TestContext } from "node:test";
import { logFiles, type LogTrouble } from "../../src/log/index.js";
import { readContents } from "../../src/replay/contents.js";
import type { PlaybackOptions, Stage } from "../../src/replay/deck.js";
import { logsOf } from "../../src/replay/entries.js";
import { openPlayback } from "../../src/replay/playback.js";
import { openReel } from "../../src/replay/reel.js";
import type { PlaybackState } from "../../src/wire/index.js";
import { manualClock } from "../support/manual-clock.js";
import { until } from "../support/until.js";
import { BEGIN_MS, lines, logFolder, writeLog } from "./logs.js";

/** A playback on a clock that stands still, and what it has shown: `stream frame`, and `jump`. */
async function played(t: TestContext, paths: readonly string[], options: Partial<PlaybackOptions> = {}) {
  const clock = manualClock(BEGIN_MS);
  const shown: string[] = [];
  const written: string[] = [];
  const states: PlaybackState[] = [];
  const leftOut: number[] = [];
  const troubles: LogTrouble[] = [];
  const found: LogTrouble[] = [];
  let ended = 0;
  const stage: Stage = {
    tell(state) {
      if (state.jumps > (states.at(-1)?.jumps ?? 0)) shown.push("jump");
      states.push(state);
    },
    record(record, text) {
      written.push(text);
      shown.push(record.type === "frame" ? `${record.stream} ${record.frame}` : record.type);
    },
    trouble: (trouble) => void troubles.push(trouble),
    leftOut: (ms) => void leftOut.push(ms),
    ended: () => void (ended += 1),
  };
  const logs = logsOf(await logFiles(paths));
  const contents = await readContents(logs, { signal: new AbortController().signal, onTrouble: (trouble) => void found.push(trouble), only: options.only });
  const playback = openPlayback(openReel(logs, contents, { only: options.only }), contents, { speed: 1, loop: false, from: null, ...options }, stage, clock);
  t.after(() => playback[Symbol.dispose]());
  await playback.start();
  /** Goes on until so many have been shown, in steps: what is due is read meanwhile. */
  const run = async (count: number, ms: number): Promise<void> => {
    clock.advance(ms);
    await until(() => shown.length >= count, `${count} shown, there are ${shown.length}: ${shown.slice(-5).join()}`);
  };
  /** As much as comes without the clock going on. */
  const settled = async (): Promise<void> => {
    for (let before = -1; before !== shown.length; await new Promise((resolve) => setTimeout(resolve, 20))) before = shown.length;
  };
  return { clock, playback, contents, shown, written, states, leftOut, troubles, found, run, settled, ended: () => ended };
}

const gates = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `gate ${from + i}`);

test("records come at the pace of the recording, as their lines stand in the log", async (t) => {
  const all = lines(0, 100);
  const one = await played(t, [writeLog(t, all)]);
  await one.settled();
  assert.deepEqual(one.shown, gates(0, 1), "only the first one is due");
  for (let frame = 1; frame < 10; frame += 1) {
    one.clock.advance(39);
    await one.settled();
    assert.deepEqual(one.shown, gates(0, frame), `before ${frame * 40} ms`);
    await one.run(frame + 1, 1);
  }
  assert.deepEqual(one.written, all.slice(0, 10));
  assert.equal(one.playback.state().positionMs, 9 * 40);
  await one.playback.command({ command: "speed", speed: 4 });
  await one.run(20, 100);
  await one.settled();
  assert.deepEqual(one.shown, gates(0, 20), "four times as fast: 400 ms in 100");
  await one.playback.command({ command: "speed", speed: "max" });
  await one.run(100, 0);
  await until(() => one.ended() === 1, "the end");
  assert.deepEqual(one.shown, gates(0, 100));
  assert.deepEqual([one.playback.state().state, one.playback.state().positionMs, one.playback.state().durationMs], ["ended", 99 * 40, 99 * 40]);
});

test("after a seek and steps what comes is exactly the log from there on", async (t) => {
  // Several of the places that are kept for seeking lie in it.
  const one = await played(t, [writeLog(t, lines(0, 3500))]);
  await one.playback.command({ command: "pause" });
  one.clock.advance(10_000);
  await one.settled();
  one.shown.length = 0;
  const told = async (command: Parameters<typeof one.playback.command>[0]): Promise<string[]> => {
    await one.playback.command(command);
    return one.shown.splice(0);
  };
  assert.deepEqual(await told({ command: "seek", to: { positionMs: 2500 * 40 } }), ["jump", "gate 2500"]);
  assert.deepEqual(await told({ command: "step", frames: 1 }), ["gate 2501"]);
  assert.deepEqual(await told({ command: "step", frames: -1 }), ["jump", "gate 2500"]);
  assert.deepEqual(await told({ command: "seek", to: { at: new Date(BEGIN_MS + 1000 * 40).toISOString() } }), ["jump", "gate 1000"]);
  assert.deepEqual(await told({ command: "step", frames: -1 }), ["jump", "gate 999"]);
  assert.deepEqual(await told({ command: "seek", to: { share: 1 } }), ["jump", "gate 3499"]);
  assert.deepEqual(await told({ command: "step", frames: 1 }), []);
  assert.equal(one.playback.state().state, "ended");
  assert.deepEqual(await told({ command: "step", frames: -1 }), ["jump", "gate 3498"]);
  assert.deepEqual(await told({ command: "seek", to: { positionMs: 0 } }), ["jump", "gate 0"]);
  assert.deepEqual(await told({ command: "step", frames: -1 }), [], "there is none before");
  assert.deepEqual(await told({ command: "seek", to: { positionMs: 1990 * 40 - 1 } }), ["jump", "gate 1990"]);
  await one.playback.command({ command: "play" });
  await one.run(20, 20 * 40);
  assert.deepEqual(one.shown, gates(1991, 2011));
  assert.deepEqual(one.states.filter(({ positionMs }, i) => positionMs < (one.states[i - 1]?.positionMs ?? 0) && one.states[i - 1]!.jumps === one.states[i]!.jumps), [], "the position falls only with a jump");
});

test("several logs are played together by time; a step goes by the stream that is asked for", async (t) => {
  const folder = logFolder(t);
  const [a, b] = ["a", "b"].map((name) => join(folder, `${name}.jsonl`)) as [string, string];
  writeFileSync(a, `${lines(0, 20, (frame) => ({ stream: "a", atMs: frame * 100 })).join("\n")}\n`);
  writeFileSync(b, `${lines(0, 20, (frame) => ({ stream: "b", atMs: 50 + frame * 100 })).join("\n")}\n`);
  const one = await played(t, [join(folder, "{stream}.jsonl")]);
  await one.run(20, 950);
  assert.deepEqual(one.shown, Array.from({ length: 20 }, (_, i) => `${i % 2 === 0 ? "a" : "b"} ${Math.floor(i / 2)}`));
  await one.playback.command({ command: "step", frames: 1, stream: "b" });
  assert.deepEqual(one.shown.splice(0).slice(20), ["a 10", "b 10"]);
  await one.playback.command({ command: "step", frames: -1, stream: "b" });
  assert.deepEqual(one.shown.splice(0), ["jump", "b 9"]);
  await one.playback.command({ command: "seek", to: { positionMs: 1500 } });
  assert.deepEqual(one.shown.splice(0), ["jump", "a 15", "b 15"], "paused, a frame of each is shown");
  const only = await played(t, [a, b], { only: "b" });
  await only.playback.command({ command: "speed", speed: "max" });
  await only.run(20, 0);
  assert.deepEqual(only.shown, Array.from({ length: 20 }, (_, i) => `b ${i}`));
});

test("a clock set back, a night without records and a second run do not stop it, and are told", async (t) => {
  const hourMs = 3_600_000;
  const all = [
    ...lines(0, 3),
    ...lines(3, 6, (frame) => ({ atMs: frame * 40 - hourMs })),
    ...lines(6, 9, (frame) => ({ epoch: 2, atMs: frame * 40 + 8 * hourMs })),
    ...lines(0, 3, (frame) => ({ atMs: 360 + frame * 40 + 8 * hourMs })),
  ];
  const one = await played(t, [writeLog(t, all)], { loop: true });
  assert.equal(one.playback.state().durationMs, 40 + 40 + 0 + 40 + 40 + 5000 + 40 + 40 + 40 + 40 + 40);
  await one.playback.command({ command: "speed", speed: "max" });
  await one.run(13, 0);
  await one.playback.command({ command: "speed", speed: 1 });
  await one.settled();
  await one.run(15, 40);
  assert.deepEqual(one.shown.slice(0, 15), [...gates(0, 9), "jump", ...gates(0, 3), "jump", "gate 0"], "numbers fall only behind a jump, also at the next round");
  assert.deepEqual(one.leftOut.map((ms) => Math.round(ms / hourMs)), [9], "once, with the hour that the clock went back");
});

test("what is torn or foreign is told with its place, the rest is played; packed parts are sought too", async (t) => {
  const path = writeLog(t, lines(2000, 2010));
  const part = join(dirname(path), "detections.2026-11-20T10.jsonl.gz");
  const packed = lines(0, 2000);
  packed.splice(7, 1, '{"v":1,"type":"frame","stream":"ga', "not ours");
  writeFileSync(part, gzipSync(`${packed.join("\n")}\n`));
  writeFileSync(path, `${readFileSync(path, "utf8")}{"v":1,"type":"fra`);
  const one = await played(t, [path]);
  assert.deepEqual(one.found.map(({ path: where, line: at }) => `${where === part ? "part" : "open"}:${at}`), ["part:8", "part:9", "open:11"]);
  await one.playback.command({ command: "pause" });
  await one.playback.command({ command: "seek", to: { positionMs: 1500 * 40 } });
  await one.playback.command({ command: "step", frames: -1 });
  await one.playback.command({ command: "seek", to: { positionMs: 7 * 40 } });
  await one.playback.command({ command: "step", frames: -1 });
  await one.playback.command({ command: "seek", to: { positionMs: 1999 * 40 } });
  await one.playback.command({ command: "step", frames: 1 });
  assert.deepEqual(one.shown, ["gate 0", "jump", "gate 1500", "jump", "gate 1499", "jump", "gate 8", "jump", "gate 6", "jump", "gate 1999", "gate 2000"]);
});

test("an empty log is refused", async (t) => {
  const path = writeLog(t, ['{"v":1,"type":"log","level":"info","message":"hello","at":"2026-11-20T10:00:00.000Z"}']);
  await assert.rejects(played(t, [path]), { code: "E_LOG_EMPTY" });
  await assert.rejects(played(t, [`${path}.nothing`]), { code: "E_LOG_MISSING" });
});
