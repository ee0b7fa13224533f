import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { drawFrame, makeStreet, STREET_SHOTS, truthFor } from "../../src/scene/index.js";
import { project } from "../support/paths.js";

async function generate(...args: string[]): Promise<number | null> {
  const child = spawn(process.execPath, [project("dist", "src", "scene", "generate.js"), ...args], { stdio: "ignore" });
  const [status] = (await once(child, "exit")) as [number | null];
  return status;
}

describe("the generator of data sets", () => {
  test("writes the same frames and labels with one process and with two", async (t) => {
    const dir = await mkdtemp(join(tmpdir(), "scene-"));
    t.after(() => rm(dir, { recursive: true }));
    const plan = ["dataset", "--seed", "500", "--scenes", "3", "--per-scene", "2", "--variant", "hard", "--post"];
    const statuses = await Promise.all(
      [1, 2].map((n) => generate(...plan, "--processes", String(n), "--out", join(dir, String(n)))),
    );
    assert.deepEqual(statuses, [0, 0]);
    const [one, two] = await Promise.all([1, 2].map((n) => readFile(join(dir, String(n), "frames.rgb"))));
    assert.equal(one?.length, 6 * 640 * 360 * 3);
    assert.ok(two && one?.equals(two));
    const [labels, again] = await Promise.all(
      [1, 2].map((n) => readFile(join(dir, String(n), "labels.jsonl"), "utf8")),
    );
    assert.equal(labels, again);
    const lines = labels!
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { seed: number });
    assert.deepEqual(
      lines.map(({ seed }) => seed),
      [500, 500, 501, 501, 502, 502],
    );
  });

  test("refuses what it does not know", async () => {
    assert.equal(await generate("dataset"), 2);
    assert.equal(await generate("dataset", "--out", "/nowhere", "--variant", "wild"), 1);
  });
});

describe("the demo's clip", () => {
  interface Line {
    readonly frame: number;
    readonly shot: number;
    readonly atS: number;
    readonly objects: readonly {
      readonly classId: number;
      readonly box: readonly number[];
      readonly trackId: number;
    }[];
  }

  test("comes with the truth that its shots draw today", async () => {
    const lines = (await readFile(project("samples", "street.truth.jsonl"), "utf8")).trimEnd().split("\n");
    const truth = lines.map((line) => JSON.parse(line) as Line);
    assert.equal(truth.length, 25 * STREET_SHOTS.reduce((sum, { lengthS }) => sum + lengthS, 0));
    for (const [shot, options] of STREET_SHOTS.entries()) {
      const line = truth.find((each) => each.shot === shot);
      assert.ok(line);
      const street = makeStreet(options.seed, options);
      const now = drawFrame(street, options.fromS, truthFor(street)).objects;
      assert.deepEqual(
        line.objects.map(({ classId }) => classId),
        now.map(({ classId }) => classId),
      );
      for (const [i, { box }] of now.entries()) {
        for (const [side, value] of box.entries()) assert.ok(Math.abs(value - line.objects[i]!.box[side]!) < 0.006);
      }
    }
  });

  test("shows 8 objects or more at any moment and has each track in one shot only", async () => {
    const lines = (await readFile(project("samples", "street.truth.jsonl"), "utf8")).trimEnd().split("\n");
    const shotOf = new Map<number, number>();
    for (const [frame, text] of lines.entries()) {
      const line = JSON.parse(text) as Line;
      assert.equal(line.frame, frame);
      assert.ok(line.objects.length >= 8, `frame ${frame} shows ${line.objects.length}`);
      for (const { trackId } of line.objects) {
        assert.equal(shotOf.get(trackId) ?? line.shot, line.shot);
        shotOf.set(trackId, line.shot);
      }
    }
  });
});
