import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { lastFrames } from "../../src/log/index.js";

const folder = mkdtempSync(join(tmpdir(), "sightline-resume-"));
const line = (stream: string, frame: number, epoch: number): string => `${JSON.stringify({ v: 1, type: "frame", stream, epoch, frame })}\n`;

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

test("the last frame of each stream is read, whatever stands between", async () => {
  const gap = `${JSON.stringify({ v: 1, type: "gap", stream: "gate", fromFrame: 9, toFrame: 9 })}\n`;
  const path = fileWith("two", line("gate", 1, 1) + line("yard", 7, 2) + line("gate", 8, 3) + gap + "not ours\n");
  assert.deepEqual([...(await lastFrames(path))], [["gate", { frame: 8, epoch: 3 }], ["yard", { frame: 7, epoch: 2 }]]);
});

test("a torn last line is cut away, and nothing else; a file without a whole line is emptied", async () => {
  const whole = line("gate", 1, 1);
  const torn = fileWith("torn", `${whole}{"v":1,"type":"fra`);
  assert.deepEqual([...(await lastFrames(torn))], [["gate", { frame: 1, epoch: 1 }]]);
  assert.equal(readFileSync(torn, "utf8"), whole);
  await lastFrames(torn);
  assert.equal(readFileSync(torn, "utf8"), whole);
  const scrap = fileWith("scrap", `{"v":1`);
  assert.equal((await lastFrames(scrap)).size, 0);
  assert.equal(readFileSync(scrap, "utf8"), "");
});

test("of a long file the end is enough; what is missing, a folder or a device has no numbers", async () => {
  const path = fileWith("long", "");
  for (let i = 0; i < 10; i += 1) appendFileSync(path, line("old", i, 1) + `${"x".repeat(1024 * 1024)}\n`);
  appendFileSync(path, line("gate", 5, 1));
  const last = await lastFrames(path);
  assert.deepEqual([last.get("gate"), last.get("old")], [{ frame: 5, epoch: 1 }, { frame: 9, epoch: 1 }]);
  for (const none of [join(folder, "none"), folder, "/dev/null", join(path, "below")]) assert.equal((await lastFrames(none)).size, 0, none);
});
