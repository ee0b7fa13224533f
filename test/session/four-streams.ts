import { setImmediate as turn } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.js";
import { Closers } from "../../src/core/lifetime.js";
import type { LetterboxRule } from "../../src/model/index.js";
import { drawNumber, NUMBERED_RANGE, NUMBERED_SIZE_PX } from "../../src/numbered/index.js";
import { openPool, type InferenceMode, type InferencePool } from "../../src/pool/index.js";
import { createRing } from "../../src/ring/index.js";
import { continued } from "../../src/session/continued.js";
import type { Source, SourceEvent } from "../../src/source/index.js";
import { numberedSource } from "../../src/source/numbered.js";
import { chance } from "../rig/chance.js";
import { processes } from "../rig/processes.js";
import { countingOvertakes, runNumbers } from "../support/numbers.js";
import { numberedPoolOptions } from "../support/pool.js";

/** A way to run the model, and how one of its workers is made to die. */
export interface ModeFixture {
  readonly mode: InferenceMode;
  readonly workers: number;
  /** The longest wait of a worker before a run. */
  readonly jitterMs: number;
  /** Left out where the mode does not survive it. Returns whether there was one to kill. */
  readonly kill?: (random: () => number) => boolean;
}

/** All modes. */
export const MODES: readonly ModeFixture[] = [
  { mode: "threads", workers: 4, jitterMs: 1 },
  // One instance: its waits come one after another, and its threads within a run take each other's cores.
  { mode: "shared", workers: 2, jitterMs: 0.2 },
  { mode: "processes", workers: 4, jitterMs: 1, kill: killChild },
];

/** How much, and from which seed. */
export interface NumbersPlan extends Omit<ModeFixture, "mode"> {
  readonly mode: InferenceMode | "queue";
  /** Mode queue: the pool, open; it is closed by who opened it. */
  readonly pool?: InferencePool;
  /** Frames of each stream that may be under way. Default: what the workers take. */
  readonly mostOut?: number;
  readonly streams: number;
  readonly framesOfEach: number;
  /** Of all that is drawn here. The order of threads and processes is not: the same seed makes it likely to come back, no more. */
  readonly seed: number;
  /** Workers die about so often. Nothing where the mode has no `kill`. */
  readonly kills: number;
  /** Stands before the pool: where a test puts a mistake. */
  readonly spoil?: (pool: InferencePool) => InferencePool;
}

/** What came of it. */
export interface NumbersFound {
  /** Frames that left. */
  left: number;
  /** Frames that were read right. */
  right: number;
  /** The first of what must not be, in words: another frame's result, a number out of order, an epoch that is not the frame's. */
  readonly wrong: string[];
  /** Frames that have no result, by the code of their error. */
  readonly lost: Record<string, number>;
  epochs: number;
  overtakes: number;
  killed: number;
  replaced: number;
}

/** More would only repeat the first. */
const MOST_WRONG = 10;
/** A connection lasts so many frames on average, and a source so many connections. */
const EPOCH_FRAMES = 300;
const SOURCE_EPOCHS = 6;
/** Tasks a worker may have at once, as in a session. */
const DEPTH = 2;

/**
 * Streams that share one pool. Each is a row of sources, its numbers going on from one to the next, with epochs that change
 * while frames are out. Which stream and frame it is stands in the pixels. Answers are held back at random, on top of the
 * waits in the workers.
 */
export async function runStreamsOnNumbers(plan: NumbersPlan): Promise<NumbersFound> {
  const { mode, workers, jitterMs, seed, spoil = (pool: InferencePool) => pool } = plan;
  const options = { ...(await numberedPoolOptions()), workers, jitterMs, depth: DEPTH, frameTimeoutMs: 60_000, hangLimitMs: 120_000 } as const;
  await using closers = new Closers();
  const pool = plan.pool ?? closers.use(await openPool({ ...options, mode: mode as InferenceMode }, systemClock));
  const found: NumbersFound = { left: 0, right: 0, wrong: [], lost: {}, epochs: 0, overtakes: 0, killed: 0, replaced: 0 };
  const random = chance(seed);
  const world: StreamWorld = { plan, pool: countingOvertakes(heldBack(spoil(pool), random), () => (found.overtakes += 1)), random, letterbox: options.model.letterbox, found };
  await Promise.all(Array.from({ length: plan.streams }, (_, stream) => runStream(stream, world)));
  found.replaced = Object.values(pool.replaced).reduce((sum, count) => sum + count, 0);
  return found;
}

interface StreamWorld {
  readonly plan: NumbersPlan;
  readonly pool: InferencePool;
  readonly random: () => number;
  readonly letterbox: LetterboxRule;
  readonly found: NumbersFound;
}

async function runStream(stream: number, world: StreamWorld): Promise<void> {
  const { plan, pool, random, letterbox, found } = world;
  const numbers = { frames: 0, epochs: 0 };
  const take = reader(stream, world);
  for (let run = 0; numbers.frames < plan.framesOfEach; run += 1) {
    const frames = Math.min(plan.framesOfEach - numbers.frames, 1 + Math.floor(2 * random() * SOURCE_EPOCHS * EPOCH_FRAMES));
    const ringId = run * plan.streams + stream;
    const ring = createRing({ slots: (plan.mostOut ?? plan.workers * DEPTH) + 2, slotBytes: 3 * NUMBERED_SIZE_PX ** 2 });
    const plain = numberedSource({ stream: `stream ${stream}`, frames, everyNth: 1, ring, letterbox }, systemClock);
    const source = mapped(continued(mapped(plain, newEpochs(random)), numbers), take.sent);
    pool.join(ringId, { weight: 1 + Math.floor(4 * random()), newestFirst: false });
    await runNumbers({ ringId, ring, source, pool, maxConsecutiveFailures: Infinity, publish: take.left });
    pool.leave(ringId);
  }
  found.epochs += numbers.epochs;
  if (take.out() > 0) found.wrong.push(`stream ${stream}: ${take.out()} frames never left`);
}

/** Marks the frames of one stream as they are sent, and looks at them as they leave. */
function reader(stream: number, { plan, random, found }: StreamWorld) {
  const epochs = new Map<number, number>();
  let next = 0;
  const wrong = (words: string): void => {
    if (found.wrong.length < MOST_WRONG) found.wrong.push(`stream ${stream}: ${words}`);
  };
  const numberOfFrame = (frame: number): number => (frame * plan.streams + stream) % NUMBERED_RANGE;
  const killRate = plan.kills / (plan.streams * plan.framesOfEach);
  return {
    out: () => epochs.size,
    sent(event: SourceEvent): SourceEvent {
      if (event.type !== "frame") return event;
      const { frame, epoch } = event.header;
      drawNumber(event.lease.pixels, numberOfFrame(frame));
      epochs.set(frame, epoch);
      return event;
    },
    left({ outcome }: Parameters<Parameters<typeof runNumbers>[0]["publish"]>[0], number: number): void {
      const { frame, epoch } = outcome.header;
      found.left += 1;
      if (frame !== next) wrong(`frame ${frame} left where ${next} was due`);
      if (epochs.get(frame) !== epoch) wrong(`frame ${frame} left in epoch ${epoch}, it was sent in ${epochs.get(frame) ?? "none, or it left before"}`);
      epochs.delete(frame);
      next = frame + 1;
      if (outcome.kind !== "detected") {
        const code = "error" in outcome ? outcome.error.code : outcome.kind;
        found.lost[code] = (found.lost[code] ?? 0) + 1;
      } else if (number === numberOfFrame(frame)) found.right += 1;
      else wrong(`frame ${frame} was given the result of ${number}, its own is ${numberOfFrame(frame)}`);
      if (plan.kill && random() < killRate && plan.kill(random)) found.killed += 1;
    },
  };
}

/** A source whose events are changed on their way. */
function mapped(source: Source, change: (event: SourceEvent) => SourceEvent): Source {
  return { ...source, start: (emit) => source.start((event) => emit(change(event))) };
}

/** Puts an end to the epoch at random. */
function newEpochs(random: () => number): (event: SourceEvent) => SourceEvent {
  let epoch = 1;
  return (event) => {
    if (event.type !== "frame") return event;
    if (event.header.frame > 0 && random() < 1 / EPOCH_FRAMES) epoch += 1;
    return { ...event, header: { ...event.header, epoch } };
  };
}

/** The same pool; one answer in four waits for up to four turns of the event loop. */
function heldBack(pool: InferencePool, random: () => number): InferencePool {
  return {
    ...pool,
    async run(task, released) {
      const turns = Math.max(0, Math.floor(16 * random()) - 11);
      const answer = await pool.run(task, released);
      for (let i = 0; i < turns; i += 1) await turn();
      return answer;
    },
  };
}

/** What a process that runs a model calls itself. */
const TITLE = "sightline model ";

/** Kills one of this process's children that run the model. */
function killChild(random: () => number): boolean {
  const children = processes().filter(({ parentPid, commandLine }) => parentPid === process.pid && commandLine.startsWith(TITLE));
  const child = children[Math.floor(random() * children.length)];
  return child !== undefined && process.kill(child.pid, "SIGKILL");
}
