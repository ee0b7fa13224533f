import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { watchSettingsFile } from "../../src/config/index.js";
import { systemClock, type Clock } from "../../src/core/clock.js";
import { until } from "../support/until.js";

function watched(file: string): { changes: number; lost: string[] } & Disposable {
  const seen = { changes: 0, lost: [] as string[] };
  const watching = watchSettingsFile(file, systemClock, { changed: () => (seen.changes += 1), lost: (reason) => seen.lost.push(reason) });
  return Object.assign(seen, { [Symbol.dispose]: () => watching[Symbol.dispose]() });
}

const newFolder = (): string => mkdtempSync(join(tmpdir(), "sightline-watch-"));

test("a file that is written in place, replaced by a rename, or deleted and made anew, is told once each time", async () => {
  const file = join(newFolder(), "s.yaml");
  writeFileSync(file, "a: 1\n");
  using seen = watched(file);
  writeFileSync(file, "a: 2\n");
  await until(() => seen.changes === 1, "the first change");
  writeFileSync(`${file}.new`, "a: 3\n");
  renameSync(`${file}.new`, file);
  await until(() => seen.changes === 2, "the rename");
  unlinkSync(file);
  writeFileSync(file, "a: ");
  appendFileSync(file, "4\n");
  await until(() => seen.changes === 3, "the new file");
  assert.deepEqual(seen.lost, []);
});

test("what we write ourselves is no news, also seen between two of our writes; somebody's change before it still is", async () => {
  const file = join(newFolder(), "s.yaml");
  writeFileSync(file, "a: 1\n");
  let changes = 0;
  let looks = 0;
  const clock: Clock = { ...systemClock, after: (delayMs, look) => systemClock.after(delayMs, () => (look(), void (looks += 1))) };
  using watching = watchSettingsFile(file, clock, { changed: () => (changes += 1), lost: assert.fail });
  watching.expect("a: 2\n", "a: 1\n");
  watching.expect("a: 3\n", "a: 2\n");
  // Only the first of both is there when it is looked at.
  writeFileSync(file, "a: 2\n");
  await until(() => looks >= 1, "a look at the first");
  writeFileSync(file, "a: 3\n");
  const before = looks;
  await until(() => looks > before, "a look at the second");
  assert.equal(changes, 0);
  writeFileSync(file, "b: 1\n");
  watching.expect("b: 1\na: 4\n", "b: 1\n");
  writeFileSync(file, "b: 1\na: 4\n");
  await until(() => changes === 1, "the foreign change, with ours in it");
});

test("a link that is swapped beside the file, as Kubernetes does, is a change", async () => {
  const folder = newFolder();
  for (const version of ["1", "2"]) {
    mkdirSync(join(folder, `..v${version}`));
    writeFileSync(join(folder, `..v${version}`, "s.yaml"), `a: ${version}\n`);
  }
  symlinkSync("..v1", join(folder, "..data"));
  symlinkSync(join("..data", "s.yaml"), join(folder, "s.yaml"));
  using seen = watched(join(folder, "s.yaml"));
  symlinkSync("..v2", join(folder, "..data_tmp"));
  renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  await until(() => seen.changes === 1, "the swap");
});

test("a file that is only touched, written with the same text, or beside another that changes, is no change", async () => {
  const folder = newFolder();
  const file = join(folder, "s.yaml");
  writeFileSync(file, "a: 1\n");
  using seen = watched(file);
  utimesSync(file, 1, 1);
  writeFileSync(file, "a: 1\n");
  appendFileSync(join(folder, "detections.jsonl"), "{}\n");
  // What comes after these has been looked at when this has.
  writeFileSync(file, "a: 2\n");
  await until(() => seen.changes > 0, "the real change");
  assert.equal(seen.changes, 1);
});

test("records that are written into the same folder all the time do not hide a change", async () => {
  const folder = newFolder();
  const file = join(folder, "s.yaml");
  writeFileSync(file, "a: 1\n");
  using seen = watched(file);
  const writing = setInterval(() => appendFileSync(join(folder, "detections.jsonl"), "{}\n"), 1);
  try {
    writeFileSync(file, "a: 2\n");
    await until(() => seen.changes === 1, "the change");
  } finally {
    clearInterval(writing);
  }
});

test("a folder that is not there can't be watched, and that is told", () => {
  const folder = newFolder();
  rmSync(folder, { recursive: true });
  using seen = watched(join(folder, "s.yaml"));
  assert.deepEqual([seen.changes, seen.lost], [0, ["ENOENT"]]);
});
