import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { test, type TestContext } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { openLog } from "../../src/log/index.js";
import { publishedFrame } from "../wire/records.js";
import { framesOf, resultOf, startWriter, temporaryFolder } from "../sinks/programs.js";

const FRAME_0_LINE =
  '{"v":1,"type":"frame","stream":"gate","epoch":1,"frame":0,"outcome":"detected","ptsMs":0,' +
  '"capturedAt":"2026-11-20T10:00:00.123Z","publishedAt":"2026-11-20T10:00:00.171Z","widthPx":1920,"heightPx":1080,' +
  '"model":"yolox_nano@695e750a","runtime":"onnxruntime/cpu/f32",' +
  '"timesMs":{"queue":1.23,"normalise":0.5,"infer":17.9,"decode":0.3,"order":0.4,"total":48},' +
  '"objects":[{"classId":2,"label":"car","score":0.91,"box":[1,2,3,4]}]}\n';

async function writeFrames(path: string, ...frames: number[]): Promise<void> {
  await using sink = await openLog({ path: path }, { clock: systemClock });
  for (const frame of frames) assert.equal(sink.write(publishedFrame(frame, {}, [1, 2, 3, 4])), true);
}

test("a record is one line of these bytes", async () => {
  await using folder = await temporaryFolder();
  await writeFrames(folder.file("a.jsonl"), 0);
  assert.equal(await readFile(folder.file("a.jsonl"), "utf8"), FRAME_0_LINE);
});

test("a second run appends to the file of the first", async () => {
  await using folder = await temporaryFolder();
  await writeFrames(folder.file("a.jsonl"), 0, 1);
  await writeFrames(folder.file("a.jsonl"), 2);
  assert.deepEqual(framesOf(await readFile(folder.file("a.jsonl"), "utf8")), [0, 1, 2]);
});

test("a record that an earlier life left torn is cut away, as NUL bytes are; what is not ours is refused", async () => {
  await using folder = await temporaryFolder();
  await writeFile(folder.file("a.jsonl"), '{"v":1}\n{"v":1,"type":"fr');
  await writeFrames(folder.file("a.jsonl"), 0);
  assert.equal(await readFile(folder.file("a.jsonl"), "utf8"), `{"v":1}\n${FRAME_0_LINE}`);
  await writeFile(folder.file("nul.jsonl"), `{"v":1}\n${"\0".repeat(5000)}`);
  await writeFrames(folder.file("nul.jsonl"), 0);
  assert.equal(await readFile(folder.file("nul.jsonl"), "utf8"), `{"v":1}\n${FRAME_0_LINE}`);
  // The bytes of a line's begin that came, and NULs in place of all others: of a last line, and of the only one.
  for (const [name, before] of [["later", '{"v":1}\n'], ["first", ""]] as const) {
    for (let came = 1; came < 30; came += 1) {
      const path = folder.file(`${name}-${came}.jsonl`);
      await writeFile(path, `${before}${'{"v":1,"type":"frame","stream":'.slice(0, came)}${"\0".repeat(5000)}`);
      await writeFrames(path, 0);
      assert.equal(await readFile(path, "utf8"), `${before}${FRAME_0_LINE}`, path);
    }
  }
  await writeFile(folder.file("theirs.csv"), "a,b\n1,2");
  await assert.rejects(openLog({ path: folder.file("theirs.csv") }, { clock: systemClock }), { code: "E_LOG_FOREIGN" });
  assert.equal(await readFile(folder.file("theirs.csv"), "utf8"), "a,b\n1,2");
});

test("a missing folder, or a file where a folder should be, is E_OUT_FOLDER", async () => {
  await using folder = await temporaryFolder();
  await writeFile(folder.file("file"), "");
  for (const path of ["missing/a.jsonl", "file/a.jsonl"]) {
    await assert.rejects(openLog({ path: folder.file(path) }, { clock: systemClock }), { code: "E_OUT_FOLDER" });
  }
  assert.equal(existsSync(folder.file("missing")), false);
});

test("a folder in the file's place is E_OUT_WRITE", async () => {
  await using folder = await temporaryFolder();
  await assert.rejects(openLog({ path: folder.path }, { clock: systemClock }), { code: "E_OUT_WRITE" });
});

test("a folder or file that may not be written is E_OUT_WRITE for an ordinary user", async () => {
  await using folder = await temporaryFolder();
  await mkdir(folder.file("closed"), { mode: 0o555 });
  await writeFile(folder.file("closed.jsonl"), "", { mode: 0o444 });
  await chmod(folder.path, 0o755);
  for (const path of ["closed/a.jsonl", "closed.jsonl"]) {
    const asNobody = process.getuid?.() === 0 ? ["as-nobody"] : [];
    const result = await resultOf(startWriter([folder.file(path), "3", ...asNobody]));
    assert.deepEqual(result, { code: "E_OUT_WRITE", dropped: null }, path);
  }
});

function requireDevFull(t: TestContext): boolean {
  const there = existsSync("/dev/full");
  if (!there) t.skip("SKIPPED: this system has no /dev/full");
  return there;
}

test("/dev/full ends the sink with E_OUT_FULL, told by flush and ready, then closing is quiet", async (t) => {
  if (!requireDevFull(t)) return;
  const sink = await openLog({ path: "/dev/full" }, { clock: systemClock });
  sink.write(publishedFrame(0));
  await assert.rejects(sink.flush(), { code: "E_OUT_FULL" });
  assert.equal(sink.write(publishedFrame(1)), false);
  await assert.rejects(sink.ready(), { code: "E_OUT_FULL" });
  assert.equal(sink.dropped, 2);
  await sink[Symbol.asyncDispose]();
});

test("an error that nobody was told of is told by closing", async (t) => {
  if (!requireDevFull(t)) return;
  const sink = await openLog({ path: "/dev/full" }, { clock: systemClock });
  sink.write(publishedFrame(0));
  await assert.rejects(sink[Symbol.asyncDispose](), { code: "E_OUT_FULL" });
});

test("a file that can't grow in the middle of a line keeps whole lines only", async (t) => {
  if (process.platform === "win32") return t.skip("SKIPPED: no limit of file size on this system");
  await using folder = await temporaryFolder();
  const limitKiB = 100;
  const result = await resultOf(startWriter([folder.file("a.jsonl"), "1000"], limitKiB));
  assert.equal(result.code, "E_OUT_FULL");
  const jsonl = await readFile(folder.file("a.jsonl"), "utf8");
  const { size: sizeBytes } = await stat(folder.file("a.jsonl"));
  assert.ok(sizeBytes > (limitKiB - 1) * 1024 && sizeBytes <= limitKiB * 1024, `${sizeBytes} bytes`);
  assert.equal(jsonl.at(-1), "\n");
  const frames = framesOf(jsonl);
  assert.deepEqual(frames, [...frames.keys()]);
});

test("kill -9 in the midst of writing leaves whole lines but for the last, and the next run goes on behind them", async () => {
  await using folder = await temporaryFolder();
  const path = folder.file("a.jsonl");
  const writer = startWriter([path, "forever"]);
  const deadline = AbortSignal.timeout(20_000);
  const enoughBytes = 3_000_000;
  while (((await stat(path).catch(() => undefined))?.size ?? 0) < enoughBytes) deadline.throwIfAborted();
  writer.kill("SIGKILL");
  await new Promise((resolve) => writer.once("exit", resolve));
  const left = await readFile(path, "utf8");
  const whole = framesOf(left.slice(0, left.lastIndexOf("\n") + 1));
  assert.deepEqual(whole, [...whole.keys()]);
  await writeFrames(path, 0);
  const repaired = await readFile(path, "utf8");
  assert.equal(repaired, `${left.slice(0, left.lastIndexOf("\n") + 1)}${FRAME_0_LINE}`);
});
