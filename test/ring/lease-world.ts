import assert from "node:assert/strict";
import type { FrameOutcome } from "../../src/core/frame.js";
import type { World } from "../explore/explore.js";
import { byteOf, leaseStream, type LeaseCode, type LeaseFrame, type LeasePlan, type SteppedStream } from "./lease-stream.js";
import { steppedReader, type SteppedReader } from "./stepped-reader.js";

/** What may happen next, to the stream, worker or task of that number. */
export type Move = readonly [what: "write" | "permit" | "begin" | "read" | "answer" | "late" | "settle" | "leave", who: number];

/** One frame under way to a worker and back. */
interface Task {
  readonly stream: number;
  readonly frame: LeaseFrame;
  readonly released: () => void;
  readonly ended: (outcome: FrameOutcome) => void;
  /** What the worker has, once it has it. */
  reader: SteppedReader | undefined;
  isRead: boolean;
  isBack: boolean;
  /** The outcome that was first. */
  outcome: FrameOutcome | undefined;
  isSettled: boolean;
}

/** Everything at one moment. */
interface Moment {
  readonly code: LeaseCode;
  readonly plan: LeasePlan;
  readonly streams: readonly SteppedStream[];
  /** In the order in which they were sent. */
  readonly tasks: Task[];
  permitsOut: number;
}

/**
 * Writers, workers and the main thread around the real ring, reader, admission and reorder window. What the main thread does
 * in one turn is one step; each read and write of shared memory is one. The pool between them is re-told here: permits,
 * a queue, and at each answer first `released`, then the outcome.
 */
export function leaseWorld(code: LeaseCode, plan: LeasePlan): World<Move> {
  const tasks: Task[] = [];
  const streams = plan.streams.map((_, stream) =>
    leaseStream(code, plan, stream, {
      send: (frame, released, ended) =>
        void tasks.push({ stream, frame, released, ended, reader: undefined, isRead: false, isBack: false, outcome: undefined, isSettled: false }),
      returnPermit: () => (now.permitsOut -= 1),
    }),
  );
  const now: Moment = { code, plan, streams, tasks, permitsOut: 0 };
  return {
    steps() {
      const rest = restOfTurn(now);
      if (rest.length > 0) return rest;
      const next: Move[] = [...tasks.flatMap((task, who) => movesOf(now, task, who)), ...streams.flatMap((stream, who) => stream.steps().map((what) => [what, who] as const))];
      assert.ok(next.length === 0 || next.some(([what]) => what !== "leave"), "it hangs: nobody can go on but who leaves");
      return next;
    },
    take([what, who]) {
      if (what === "write" || what === "leave") streams[who]![what]();
      else if (what === "permit") permit(now, who);
      else TASK_MOVES[what](now, tasks[who]!);
      assert.ok(now.permitsOut >= 0 && now.permitsOut <= plan.workers, `${now.permitsOut} permits are out`);
      for (const stream of streams) stream.check();
    },
    key() {
      const queued = tasks.filter(isQueued).map(keyOf);
      // Workers are alike, and what is over for good makes no difference.
      const others = tasks.filter((task) => !isQueued(task) && !(task.isBack && task.isSettled)).map(keyOf);
      return [...streams.map((stream) => stream.key()), now.permitsOut, ...queued, "", ...others.sort()].join("|");
    },
    ended() {
      for (const stream of streams) stream.ended();
      assert.equal(now.permitsOut, 0, "a permit is lost");
    },
  };
}

const isQueued = (task: Task): boolean => task.reader === undefined;
const isAtWorker = (task: Task): boolean => task.reader !== undefined && !task.isBack;

/** Continuations of the main thread's turn. Further answers may come in the same turn, anything else only after it. */
function restOfTurn({ tasks, streams, plan, permitsOut }: Moment): Move[] {
  const sent = tasks.findIndex(isQueued);
  if (plan.givenBack === "copied" && sent >= 0) return [["begin", sent]];
  const rest: Move[] = tasks.flatMap((task, who) => (task.outcome && !task.isSettled ? [["settle", who] as const] : []));
  if (permitsOut < plan.workers) rest.push(...streams.flatMap((stream, who) => (stream.asks() ? [["permit", who] as const] : [])));
  if (rest.length > 0) rest.push(...tasks.flatMap((task, who) => (task.isRead && !task.isBack ? [["answer", who] as const] : [])));
  return rest;
}

function movesOf({ tasks, plan }: Moment, task: Task, who: number): Move[] {
  const moves: Move[] = [];
  // First in, first out.
  if (isQueued(task) && who === tasks.findIndex(isQueued) && tasks.filter(isAtWorker).length < plan.workers) moves.push(["begin", who]);
  if (task.reader && !task.isRead) moves.push(["read", who]);
  if (task.isRead && !task.isBack) moves.push(["answer", who]);
  if (!task.isBack && task.outcome === undefined) moves.push(["late", who]);
  return moves;
}

function permit(now: Moment, stream: number): void {
  now.permitsOut += 1;
  now.streams[stream]!.permitted();
}

const TASK_MOVES: Record<Exclude<Move[0], "write" | "leave" | "permit">, (now: Moment, task: Task) => void> = {
  begin(now, task) {
    task.reader = steppedReader(now.code.readSlot, now.streams[task.stream]!.view, task.frame.slot, task.frame.generation);
    read(now, task);
    if (now.plan.givenBack !== "copied") return;
    while (!task.isRead) read(now, task);
    task.released();
  },
  read,
  answer(now, task) {
    task.isBack = true;
    now.permitsOut -= 1;
    const wasGivenBack = now.plan.givenBack === "copied" || (now.plan.givenBack === "late" && task.outcome !== undefined);
    if (!wasGivenBack) task.released();
    task.outcome ??= { kind: "still", header: task.frame.header };
  },
  late({ plan }, task) {
    task.outcome = { kind: "late", header: task.frame.header, error: { code: "E_FRAME_LATE", message: "" } };
    if (plan.givenBack === "late") task.released();
  },
  settle(_, task) {
    task.isSettled = true;
    task.ended(task.outcome!);
  },
};

function read({ plan }: Moment, task: Task): void {
  const verdict = task.reader?.step();
  if (verdict === undefined) return;
  task.isRead = true;
  const { frame } = task.frame.header;
  const isWhole = task.reader?.copied.every((byte) => byte === byteOf(frame));
  if (verdict) assert.ok(isWhole, `torn: frame ${frame} of stream ${task.stream} was read as ${task.reader?.copied.join(" ")}`);
  else assert.equal(plan.givenBack, "late", `the slot of frame ${frame} of stream ${task.stream} was gone before it was read`);
}

function keyOf({ stream, frame, reader, isRead, isBack, outcome, isSettled }: Task): string {
  const phase = [isRead, isBack, isSettled].map(Number).join("");
  // What a worker saw makes no difference any more once it has answered.
  return `${stream}.${frame.header.frame} ${isBack ? "" : `${frame.slot}/${frame.generation} ${reader?.seen() ?? ""}`} ${outcome?.kind ?? ""} ${phase}`;
}
