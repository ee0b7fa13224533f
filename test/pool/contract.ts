import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { RuntimeWish } from "../../src/core/devices.js";
import type { PipelineError } from "../../src/core/errors.js";
import { letterboxFor, rowsOf, type InputRows, type ModelInfo } from "../../src/model/index.js";
import { drawNumber, NUMBERED_RANGE, numberOf } from "../../src/numbered/index.js";
import { chooseRuntime, loadModelInfo, taskLimits, type InferencePool, type PoolAnswer, type WorkerAnswer } from "../../src/pool/index.js";
import { openServing } from "../../src/pool/serving.js";
import { createRing } from "../../src/ring/index.js";
import { pickyModel } from "../support/models.js";
import { project } from "../support/paths.js";
import { LIMITS, numberedPoolOptions, temporaryFolder } from "../support/pool.js";

/** What a test asks of a pool. */
export interface ContractOptions {
  readonly model: ModelInfo;
  readonly workers: number;
  readonly jitterMs?: number;
}

/** One mode under test. */
export interface ContractFixture {
  /** Opens a pool in this mode, two tasks deep, with a deadline that no test meets. */
  open(options: ContractOptions): Promise<InferencePool>;
  /** What runs the model; left out = onnxruntime. */
  readonly wish?: RuntimeWish;
  /** Greatest difference of a coordinate or score to an instance alone of the same runtime. 0 = bit for bit. */
  readonly tolerance: number;
}

/** A stream of frames drawn by hand. */
export interface HandStream {
  /** Takes a permit and a slot, draws, and sends. Checks that the slot is given back once, and by the answer at the latest. */
  send(draw: (pixels: Uint8Array) => void, rows?: InputRows): Promise<PoolAnswer>;
  /** Leaves. Throws when a slot was not given back. */
  leave(): void;
}

/** Seats a stream. Its memory is its own and as large as `capacity` frames. */
export function handStream(pool: InferencePool, model: ModelInfo, id: number, { weight = 1, newestFirst = false, limits = LIMITS } = {}): HandStream {
  const { inputWidthPx: widthPx, inputHeightPx: heightPx } = model;
  const ring = createRing({ slots: pool.capacity + 4, slotBytes: 3 * widthPx * heightPx });
  const letterbox = letterboxFor(model.letterbox, widthPx, heightPx, widthPx, heightPx);
  pool.join(id, { weight, newestFirst });
  let asked: Promise<void> = Promise.resolve();
  return {
    async send(draw, rows = { topPx: 0, heightPx }) {
      // A stream has one question open at a time.
      await (asked = asked.then(() => pool.permit(id)));
      const lease = ring.lease();
      assert.ok(lease, "more tasks are out than permits allow");
      draw(lease.pixels);
      let releases = 0;
      const task = { ringId: id, memory: ring.memory, layout: ring.layout, slot: lease.slot, generation: lease.generation, letterbox, rows, limits };
      const answer = await pool.run(task, () => {
        releases += 1;
        lease[Symbol.dispose]();
      });
      assert.equal(releases, 1, "the slot was not given back once");
      return answer;
    },
    leave() {
      pool.leave(id);
      assert.equal(ring.outstanding, 0, "slots were not given back");
    },
  };
}

/** The number that a pool read, or why it did not. */
export function readNumber(answer: PoolAnswer): number | string {
  if (answer === "late") return answer;
  if (!("ok" in answer)) return (answer satisfies PipelineError).code;
  return answer.ok ? numberOf(answer.detections.boxes[0] ?? NaN) : answer.error.code;
}

const STREET_ROWS: readonly InputRows[] = [{ topPx: 4, heightPx: 216 }, { topPx: 0, heightPx: 224 }, { topPx: 62, heightPx: 100 }, { topPx: 223, heightPx: 1 }, { topPx: 4, heightPx: 216 }];

/** Frames of the street, and what an instance alone finds in them: made once for all modes. */
interface Reference {
  readonly model: ModelInfo;
  readonly frames: readonly { readonly rows: InputRows; readonly planes: Uint8Array; readonly wanted: WorkerAnswer }[];
}

const references = new Map<string, Promise<Reference>>();

/** Made once for each runtime. */
function referenceOf(wish: RuntimeWish): Promise<Reference> {
  const { runtime = "onnxruntime" } = wish;
  const made = references.get(runtime) ?? makeReference(wish);
  references.set(runtime, made);
  return made;
}

async function makeReference(wish: RuntimeWish): Promise<Reference> {
  const { info: model } = await loadModelInfo(project("samples", "street.onnx"), { labels: null });
  await using alone = await openServing(model, 1, chooseRuntime(wish));
  const letterbox = letterboxFor(model.letterbox, 384, 224, 384, 224);
  const frames = [];
  for (const [i, rows] of STREET_ROWS.entries()) {
    const planes = streetPlanes(1 + i, rows.heightPx);
    frames.push({ rows, planes, wanted: await alone.serve({ letterbox, rows, limits: LIMITS }, (fill) => fill(planes)) });
  }
  return { model, frames };
}

/** Planes of the street at a moment, scaled to so many rows, as FFmpeg gives them to the source. */
function streetPlanes(atS: number, heightPx: number): Uint8Array {
  const args = ["-v", "error", "-ss", String(atS), "-i", project("samples", "street.mp4"), "-vf", `scale=384:${heightPx},format=gbrp`, "-frames:v", "1", "-f", "rawvideo", "-"];
  return execFileSync("ffmpeg", args, { stdio: ["ignore", "pipe", "inherit"] });
}

function assertAlike(got: PoolAnswer, wanted: WorkerAnswer, tolerance: number): number {
  assert.ok(typeof got === "object" && "ok" in got && got.ok && wanted.ok, JSON.stringify(got));
  const [seen, alone] = [got.detections, wanted.detections];
  assert.deepEqual([...seen.classIds], [...alone.classIds]);
  for (const part of ["boxes", "scores"] as const) {
    if (tolerance === 0) assert.deepEqual(seen[part], alone[part]);
    else seen[part].forEach((value, i) => assert.ok(Math.abs(value - (alone[part][i] ?? NaN)) <= tolerance, `${part}[${i}] is ${value}, alone ${alone[part][i]}`));
  }
  return alone.count;
}

type Numbered = (options: Omit<ContractOptions, "model">) => Promise<{ pool: InferencePool; model: ModelInfo }>;

/** What every mode promises, as tests. */
export function poolContract(name: string, { open, tolerance, wish = {} }: ContractFixture, skip: string | false = false): void {
  const numbered: Numbered = async (options) => {
    const { model } = await numberedPoolOptions();
    return { pool: await open({ ...options, model }), model };
  };
  describe(`mode ${name}`, { skip }, () => {
    resultTests(open, tolerance, wish);
    numberTests(numbered);
    endTests(open, numbered);
  });
}

function resultTests(open: ContractFixture["open"], tolerance: number, wish: RuntimeWish): void {
  test("finds what an instance alone finds in the same bytes, whichever rows they fill", async () => {
    const { model, frames } = await referenceOf(wish);
    await using pool = await open({ model, workers: 2 });
    const stream = handStream(pool, model, 0);
    const got = await Promise.all(frames.map(({ rows, planes }) => stream.send((pixels) => pixels.set(planes), rows)));
    const found = frames.reduce((sum, { wanted }, i) => sum + assertAlike(got[i]!, wanted, tolerance), 0);
    assert.ok(found > 20, `only ${found} objects to compare`);
    stream.leave();
  });

  test("masks, points, turned corners, best classes and the boxes of a model that asks for the picture's size come as an instance alone gives them", async () => {
    for (const name of ["yolov8-segment", "yolov8-pose", "yolov8-obb", "yolov8-classify", "detr"]) {
      const { info: model } = await loadModelInfo(project("test", "model", "tiny", `${name}.onnx`), { labels: null });
      const limits = taskLimits({ conf: 0.25, iou: 0.45, classIds: null, agnostic: false, maxDetections: 10, masks: "both" });
      const { inputWidthPx, inputHeightPx } = model;
      const letterbox = letterboxFor(model.letterbox, inputWidthPx, inputHeightPx, inputWidthPx, inputHeightPx);
      await using alone = await openServing(model, 1, chooseRuntime(wish));
      const wanted = await alone.serve({ letterbox, rows: rowsOf(letterbox), limits }, (fill) => fill(new Uint8Array(3 * inputWidthPx * inputHeightPx)));
      assert.ok(wanted.ok && wanted.detections.count > 0, name);
      await using pool = await open({ model, workers: 1 });
      const stream = handStream(pool, model, 0, { limits });
      const got = await stream.send((pixels) => pixels.fill(0));
      assert.ok(typeof got === "object" && "ok" in got && got.ok, `${name}: ${JSON.stringify(got)}`);
      assert.deepEqual(got.detections, wanted.detections, name);
      stream.leave();
    }
  });

  // OpenVINO checks nothing of what only a run can know: no model of ours makes its run throw.
  if (wish.runtime !== "openvino") test("a frame whose run throws fails alone", async () => {
    const { info: model } = await loadModelInfo(pickyModel(), { labels: null });
    await using pool = await open({ model, workers: 2 });
    const stream = handStream(pool, model, 0);
    const levels = Array.from({ length: 12 }, (_, i) => (i % 3 === 1 ? 9 : 0));
    const answers = await Promise.all(levels.map((level) => stream.send((pixels) => pixels.fill(level))));
    const codes = answers.map((answer) => (typeof answer === "object" && "ok" in answer ? (answer.ok ? "ok" : answer.error.code) : String(answer)));
    assert.deepEqual(codes, levels.map((level) => (level === 0 ? "ok" : "E_INFERENCE_FAILED")));
    stream.leave();
  });
}

function numberTests(numbered: Numbered): void {
  test("under random delays every result is that of its own frame, for streams that come and go", async () => {
    const { pool, model } = await numbered({ workers: 2, jitterMs: 3 });
    await using _pool = pool;
    let nextId = 0;
    let read = 0;
    const live = async (lives: number): Promise<void> => {
      for (let life = 0; life < lives; life += 1) {
        const id = nextId++;
        const stream = handStream(pool, model, id);
        const numbers = Array.from({ length: 12 }, (_, i) => (id * 4099 + i * 257) % NUMBERED_RANGE);
        const answers = await Promise.all(numbers.map((number) => stream.send((pixels) => drawNumber(pixels, number))));
        assert.deepEqual(answers.map(readNumber), numbers);
        read += answers.length;
        stream.leave();
      }
    };
    await Promise.all([live(5), live(5), live(5), live(5)]);
    assert.equal(read, 240);
  });

  test("no more is out than permits allow, and streams share them by weight", async () => {
    const { pool, model } = await numbered({ workers: 2, jitterMs: 4 });
    await using _pool = pool;
    const served = [0, 0];
    let most = 0;
    const send = async (stream: HandStream): Promise<PoolAnswer> => stream.send((pixels) => {
      most = Math.max(most, pool.busy);
      drawNumber(pixels, 7);
    });
    const ask = async (which: 0 | 1, weight: number): Promise<void> => {
      const stream = handStream(pool, model, which, { weight, newestFirst: true });
      await Promise.all(Array.from({ length: 4 }, async () => {
        while (served[0]! + served[1]! < 160) {
          assert.equal(readNumber(await send(stream)), 7);
          served[which]! += 1;
        }
      }));
      stream.leave();
    };
    await Promise.all([ask(0, 1), ask(1, 3)]);
    assert.equal(most, pool.workers, "with a live stream seated, as many tasks are out as there are workers");
    const [light = 0, heavy = 0] = served;
    assert.ok(heavy / light > 2.2 && heavy / light < 4, `weighed 1 to 3 they got ${light} and ${heavy}`);
  });
}

function endTests(open: ContractFixture["open"], numbered: Numbered): void {
  test("closing waits for what is out", async () => {
    const { pool, model } = await numbered({ workers: 2, jitterMs: 30 });
    const stream = handStream(pool, model, 0);
    const answers: (number | string)[] = [];
    const all = Array.from({ length: pool.capacity }, (_, i) => stream.send((pixels) => drawNumber(pixels, i)).then((answer) => answers.push(readNumber(answer))));
    while (pool.busy < pool.capacity) await new Promise((resolve) => setImmediate(resolve));
    await pool[Symbol.asyncDispose]();
    assert.deepEqual(answers.sort(), all.map((_, i) => i), "closed before everything was home");
  });

  test("a file that is no model is told as such when the pool is opened", async () => {
    const { model } = await numberedPoolOptions();
    const path = join(temporaryFolder(), "broken.onnx");
    writeFileSync(path, "not a model");
    await assert.rejects(open({ model: { ...model, path }, workers: 2 }), { code: "E_MODEL_INVALID" });
  });
}
