import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRandom } from "../../src/scene/random.js";
import { motionGate, type GateRule, type Verdict } from "../../src/gate/index.js";
import { FRAME_MS, HEIGHT_PX, pictureOf, PLACE, STREET, street, watch, WIDTH_PX, withThing, type Flaw } from "./pictures.js";

const RULE: GateRule = { sensitivity: "normal", holdMs: 400, refreshMs: 100_000, ignore: [] };
/** The scene is known after a second; the hold time follows. */
const KNOWN = 40;
const count = (verdicts: readonly Verdict[], which: Verdict): number => verdicts.filter((one) => one === which).length;
/** Every pixel by itself. */
const eachPx = (picture: Float32Array, change: (level: number, i: number) => number): void => picture.forEach((level, i) => (picture[i] = change(level, i)));
const GRAIN_SIZE = 4093;
const noise = (sigma: number): Flaw => {
  const source = seededRandom(7);
  const grain = Float32Array.from({ length: GRAIN_SIZE }, () => (source.unit() + source.unit() + source.unit() - 1.5) * 2 * sigma);
  return (picture, _frame, random) => {
    const from = random.integer(0, GRAIN_SIZE - 1);
    eachPx(picture, (level, i) => level + grain[(from + i * 31) % GRAIN_SIZE]!);
  };
};

test("a picture that stays is learnt for a second, held, and then still", () => {
  const verdicts = watch(motionGate(RULE), street, 60);
  assert.deepEqual([count(verdicts, "unsure"), count(verdicts, "moving")], [1000 / FRAME_MS, 0]);
  assert.equal(verdicts.indexOf("still"), (1000 + 400) / FRAME_MS - 1);
  assert.ok(verdicts.slice(KNOWN).every((one) => one === "still"));
});

test("a thing of 12 px that comes in is seen in its first two frames, whatever its level, and held on to after it left", () => {
  for (const level of [0, 60, 200, 255]) {
    const comes = withThing(STREET, 12, level, (frame) => (frame >= 60 && frame < 80 ? [20 + (frame - 60) * 4, 100] : null));
    const verdicts = watch(motionGate(RULE), comes, 110);
    const first = verdicts.indexOf("moving");
    assert.ok(first === 60 || first === 61, `level ${level}: first seen in frame ${first}`);
    assert.ok(verdicts.slice(KNOWN, 60).every((one) => one === "still"));
    assert.ok(!verdicts.slice(first, 80 + 400 / FRAME_MS - 1).includes("still"), "it was let go too early");
    assert.equal(verdicts.at(-1), "still");
  }
});

test("what stops is looked at for ten seconds, then it belongs to the scene; when it drives off it is seen again", () => {
  const parks = withThing(STREET, 40, 220, (frame) => (frame < 50 ? null : frame < 70 ? [(frame - 50) * 8, 110] : frame < 400 ? [160, 110] : frame < 420 ? [160 + (frame - 400) * 8, 110] : null));
  const verdicts = watch(motionGate(RULE), parks, 420);
  const settled = verdicts.indexOf("still", 70);
  assert.ok(settled >= 70 + 240 && settled < 70 + 290, `still from frame ${settled} on`);
  assert.ok([400, 401].includes(verdicts.indexOf("moving", settled)));
});

test("what creeps, a pixel in five frames, is not swallowed", () => {
  const creeps = withThing(STREET, 24, 20, (frame) => (frame < KNOWN ? null : [100 + Math.floor((frame - KNOWN) / 5), 60]));
  const verdicts = watch(motionGate(RULE), creeps, KNOWN + 600);
  assert.equal(count(verdicts.slice(KNOWN + 2), "still"), 0);
});

/** With the frame from which on it is known: rain takes some seconds. */
const FLAWS: readonly (readonly [string, Flaw, number?])[] = [
  ["a sensor's noise", noise(8)],
  ["lamps that flicker", (picture, frame) => {
    const swing = 6 * Math.sin(frame * 2.3);
    eachPx(picture, (level) => level + swing);
  }],
  ["a cloud", (picture, frame) => {
    const share = 1 - 0.3 * Math.min(1, Math.max(0, (frame - 80) / 50));
    eachPx(picture, (level) => level * share);
  }],
  ["a step of the exposure", (picture, frame) => eachPx(picture, (level) => (frame < 80 ? level : 1.25 * level + 6))],
  ["rain", (picture, _frame, random) => {
    for (let drop = 0; drop < 25; drop += 1) {
      const from = random.integer(0, HEIGHT_PX - 20) * WIDTH_PX + random.integer(0, WIDTH_PX - 1);
      for (let y = 0; y < 18; y += 1) picture[from + y * WIDTH_PX]! += 50;
    }
  }, 100],
  ["key frames that pulse", (picture, frame) => {
    if (frame % 25 === 0) eachPx(picture, (level, i) => level + ((((i % WIDTH_PX) >> 3) * 5 + (Math.floor(i / WIDTH_PX) >> 3) * 3) % 7) - 3);
  }],
];
for (const [name, flaw, from = KNOWN] of FLAWS) {
  test(`${name}: nothing moves in it, and what does is seen`, () => {
    const quiet = watch(motionGate(RULE), street, 200, flaw);
    const falsely = quiet.slice(from).filter((one) => one === "moving" || one === "unsure").length;
    assert.ok(falsely <= 3, `${falsely} of ${200 - from} frames are taken for motion`);
    const walks = withThing(STREET, 20, 10, (frame) => (frame >= 150 ? [40 + (frame - 150) * 3, 80] : null));
    const first = watch(motionGate(RULE), walks, 157, flaw).findIndex((one, frame) => frame >= 150 && one === "moving");
    assert.ok(first >= 150 && first <= 150 + 200 / FRAME_MS, `seen in frame ${first}`);
  });
}

test("in areas to ignore nothing moves, and beside them it does", () => {
  const clock = withThing(STREET, 16, 255, (frame) => (frame % 10 < 5 ? [280, 8] : null));
  const corner = [[0.8, 0], [1, 0], [1, 0.25], [0.8, 0.25]] as const;
  assert.equal(count(watch(motionGate({ ...RULE, ignore: [corner] }), clock, 120).slice(KNOWN), "moving"), 0);
  assert.ok(count(watch(motionGate(RULE), clock, 120).slice(KNOWN), "moving") > 30);
  const gate = motionGate({ ...RULE, ignore: [corner] });
  watch(gate, clock, 1);
  const view = gate.view()!;
  assert.equal(view.cells.length, view.columns * view.rows);
  assert.equal([...view.cells].filter((cell) => cell === "3").length, 8 * 6, "cells of the picture's right fifth and upper quarter");
});

test("sensitivity: a faint thing is seen with high alone, a small one not with low", () => {
  const thing = (sizePx: number, level: number) => withThing(pictureOf(() => 100), sizePx, level, (frame) => (frame >= 60 ? [40 + frame, 60] : null));
  const seen = (sensitivity: GateRule["sensitivity"], sizePx: number, level: number): boolean => watch(motionGate({ ...RULE, sensitivity }), thing(sizePx, level), 90).includes("moving");
  assert.deepEqual([seen("low", 24, 105), seen("normal", 24, 105), seen("high", 24, 105)], [false, false, true]);
  assert.deepEqual([seen("low", 8, 160), seen("normal", 8, 160), seen("high", 8, 160)], [false, true, true]);
});

test("another scene is learnt anew, and so is each epoch", () => {
  const gate = motionGate(RULE);
  const negative = pictureOf((x, y) => 255 - STREET[y * WIDTH_PX + x]! + ((x >> 5) % 2) * 40);
  const cut = watch(gate, (frame) => (frame < 60 ? STREET : negative), 62);
  assert.deepEqual(cut.slice(58), ["still", "still", "unsure", "unsure"]);
  watch(gate, () => negative, 60, undefined, 62);
  const again = new Uint8Array(3 * WIDTH_PX * HEIGHT_PX);
  assert.equal(gate.judge({ frame: 200, timeMs: 8000 }, 2, PLACE, again), "unsure");
});

test("green is read where the slot has it: planes with padding, and pixels side by side at the source's size", () => {
  const letterbox = { leftPx: 40, topPx: 0, contentWidthPx: 80, contentHeightPx: 160, inputWidthPx: 160, sourceWidthPx: 80, sourceHeightPx: 160 };
  const fitted = new Uint8Array(3 * 160 * 160);
  const source = new Uint8Array(3 * 80 * 160);
  const draw = (level: number): void => {
    for (let y = 0; y < 160; y += 1) {
      for (let x = 0; x < 80; x += 1) {
        const value = x >= 32 && x < 56 && y >= 80 && y < 104 ? level : 100;
        fitted[y * 160 + 40 + x] = value;
        source[(y * 80 + x) * 3 + 1] = value;
      }
    }
  };
  for (const pixels of ["fitted", "source"] as const) {
    const gate = motionGate(RULE);
    const place = { letterbox, rows: { topPx: 0, heightPx: 160 }, pixels };
    for (let frame = 0; frame < 60; frame += 1) {
      draw(frame < 59 ? 100 : 250);
      const verdict = gate.judge({ frame, timeMs: frame * FRAME_MS }, 1, place, pixels === "source" ? source : fitted);
      gate.seen({ frame, timeMs: frame * FRAME_MS });
      if (frame >= 58) assert.equal(verdict, frame === 58 ? "still" : "moving", pixels);
    }
    const { columns, rows, cells } = gate.view()!;
    const moving = [...cells].flatMap((cell, i) => (cell === "2" ? [[i % columns, Math.floor(i / columns)]] : []));
    assert.deepEqual([columns, rows, moving], [10, 20, [10, 11, 12].flatMap((row) => [4, 5, 6].map((column) => [column, row]))], pixels);
  }
});
