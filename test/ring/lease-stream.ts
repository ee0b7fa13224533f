import assert from "node:assert/strict";
import { Subject } from "rxjs";
import type { FrameHeader, FrameOutcome } from "../../src/core/frame.js";
import type * as order from "../../src/order/index.js";
import type * as ring from "../../src/ring/index.js";
import type * as rx from "../../src/rx/index.js";

/** The code that is looked at: all that a slot goes through, but for the threads themselves. */
export type LeaseCode = Pick<typeof ring, "createRing" | "viewRing" | "readSlot"> & Pick<typeof rx, "admit"> & Pick<typeof order, "orderStart" | "orderStep">;

/** One stream: a writer with a ring of its own. */
export interface LeaseStream {
  readonly frames: number;
  /** Newest first, and a frame that finds no slot is skipped; else the writer waits for a slot. */
  readonly live: boolean;
  /** It may be stopped at any moment. */
  readonly leaves: boolean;
}

/** Who takes part, and what may go wrong. */
export interface LeasePlan {
  readonly slots: number;
  readonly workers: number;
  /** Bytes of a slot, each written and read in a step of its own. */
  readonly parts: number;
  readonly streams: readonly LeaseStream[];
  /**
   * When nobody reads a slot any more, as the mode says.
   * answer   the worker has answered
   * copied   the main thread has copied it for a worker that shares no memory
   * late     at the deadline, while a worker may still read: a mistake, where the generation alone protects
   */
  readonly givenBack: "answer" | "copied" | "late";
}

/** A frame in its slot. */
export interface LeaseFrame extends rx.Admissible {
  readonly slot: number;
  readonly generation: number;
}

/** Stands for a promise whose continuation is one more step. */
type Then<T> = (settled: (value: T) => void) => void;
const thenable = <T>(then: Then<T>): Promise<T> => ({ then: (settled: (value: T) => void) => (then(settled), { catch: () => undefined }) }) as never;

/** What is written into each byte of a frame. A slot that was never written holds 0. */
export const byteOf = (frame: number): number => frame + 1;

/** Where frames go. */
export interface House {
  readonly send: (frame: LeaseFrame, released: () => void, ended: (outcome: FrameOutcome) => void) => void;
  readonly returnPermit: () => void;
}

/** A stream's writer, ring, admission and order. */
export interface SteppedStream {
  readonly view: ring.RingView;
  steps(): ("write" | "leave")[];
  /** Whether it waits for a permit. */
  asks(): boolean;
  write(): void;
  permitted(): void;
  leave(): void;
  /** What holds at every moment. */
  check(): void;
  key(): string;
  ended(): void;
}

/** Takes what must not be: RxJS would tell of it only when nobody listens any more. */
type Broken = (error: unknown) => void;

/** The real ring, which tells how its slots lie. */
function trackedRing(code: LeaseCode, { slots, parts }: LeasePlan, broken: Broken) {
  const real = code.createRing({ slots, slotBytes: parts });
  const view = code.viewRing(real.memory, real.layout);
  const generations = new Int32Array(real.memory, 0, slots);
  /** Slots as they were given back, the last one last: what the ring can know besides its generations. */
  const freed: number[] = [];

  function tracked(lease: ring.SlotLease): ring.SlotLease {
    const at = freed.indexOf(lease.slot);
    if (at >= 0) freed.splice(at, 1);
    return {
      slot: lease.slot,
      pixels: lease.pixels,
      memory: lease.memory,
      layout: lease.layout,
      get generation() {
        return lease.generation;
      },
      [Symbol.dispose]() {
        try {
          lease[Symbol.dispose]();
          freed.push(lease.slot);
        } catch (error) {
          broken(error);
        }
      },
    };
  }

  return {
    view,
    outstanding: () => real.outstanding,
    onceFree: (callback: () => void) => real.onceFree(callback),
    lease(): ring.SlotLease | undefined {
      const lease = real.lease();
      return lease && tracked(lease);
    },
    key: () => `${Array.from(generations, (generation, slot) => `${generation}:${view.pixels(slot).join("")}`).join()} ${freed.join("")} ${real.outstanding}`,
  };
}

/** The real reorder window. What leaves it must ascend. */
function trackedOrder(code: LeaseCode, broken: Broken) {
  const state = code.orderStart();
  let last = -1;
  let over = 0;
  return {
    take(input: order.OrderInput): void {
      try {
        if (input.type === "skipped") over += 1;
        for (const { outcome } of code.orderStep(state, input)) {
          assert.ok(outcome.header.frame > last, `frame ${outcome.header.frame} left after ${last}`);
          last = outcome.header.frame;
          over += 1;
        }
      } catch (error) {
        broken(error);
      }
    },
    /** Frames that are skipped or have left. */
    over: () => over,
    waiting: () => state.waiting.size,
    key: () => `${over} ${[...state.waiting].map(([frame, end]) => `${frame}${end === undefined ? "?" : "!"}`).join("")}`,
  };
}

interface WriterWorld {
  readonly parts: number;
  readonly live: boolean;
  readonly lease: () => ring.SlotLease | undefined;
  readonly onceFree: (callback: () => void) => void;
  readonly emit: (frame: number, lease: ring.SlotLease) => void;
  readonly skip: (frame: number) => void;
}

/** A source that writes its frames part by part. */
function steppedWriter({ parts, live, lease: leaseOne, onceFree, emit, skip }: WriterWorld) {
  let lease: ring.SlotLease | undefined;
  let part = 0;
  let frame = 0;
  let waits = false;

  function noSlot(): void {
    if (live) return skip(frame++);
    waits = true;
    onceFree(() => (waits = false));
  }

  return {
    frame: () => frame,
    waits: () => waits,
    step(): void {
      lease ??= leaseOne();
      if (lease === undefined) return noSlot();
      lease.pixels[part++] = byteOf(frame);
      if (part < parts) return;
      const written = lease;
      lease = undefined;
      part = 0;
      emit(frame++, written);
    },
    /** Lets go of the frame that is half written. */
    drop(): void {
      lease?.[Symbol.dispose]();
      lease = undefined;
      part = 0;
    },
    key: () => `${frame} ${part} ${lease?.slot ?? ""} ${Number(waits)}`,
  };
}

/** The real admission, with promises that settle when they are told to. */
function trackedAdmission(code: LeaseCode, live: boolean, house: House, take: (input: order.OrderInput) => void, broken: Broken) {
  const input = new Subject<LeaseFrame>();
  const stop = new AbortController();
  const inHouse = { count: 0 };
  const now = { isOver: false, isComplete: false, asking: undefined as (() => void) | undefined };
  const rules: rx.AdmitRules<LeaseFrame> = {
    newestFirst: live, maxAgeMs: () => 1, monotonicMs: () => 0, isDue: () => true, watched: () => false, stop: stop.signal,
    returnPermit: house.returnPermit,
    permit: () => thenable((settled: (value: void) => void) => (now.asking = settled)),
    look: (frame, released) => thenable((ended) => house.send(frame, released, ended)),
  };
  input.pipe(code.admit(rules, inHouse)).subscribe({ next: take, error: broken, complete: () => (now.isComplete = true) });
  return {
    emit: (frame: LeaseFrame) => input.next(frame),
    stop: () => stop.abort("left"),
    over(): void {
      now.isOver = true;
      input.complete();
    },
    asks: () => now.asking !== undefined,
    permitted(): void {
      const settled = now.asking;
      now.asking = undefined;
      settled?.();
    },
    inHouse: () => inHouse.count,
    isOver: () => now.isOver,
    isComplete: () => now.isComplete,
    key: () => `${inHouse.count} ${[now.isOver, now.isComplete, now.asking !== undefined, stop.signal.aborted].map(Number).join("")}`,
  };
}

/** Stream number `stream` of the plan, before its first frame. */
export function leaseStream(code: LeaseCode, plan: LeasePlan, stream: number, house: House): SteppedStream {
  const { frames, live, leaves } = plan.streams[stream]!;
  let bug: Error | undefined;
  const broken: Broken = (error) => (bug ??= error as Error);
  const slots = trackedRing(code, plan, broken);
  const ordered = trackedOrder(code, broken);
  const admission = trackedAdmission(code, live, house, ordered.take, broken);
  const headerOf = (frame: number): FrameHeader => ({ stream: `${stream}`, epoch: 1, frame, ptsMs: null, capturedAtMs: 0, capturedMonoMs: 0, widthPx: 1, heightPx: 1 });
  const writer = steppedWriter({
    parts: plan.parts, live, lease: slots.lease, onceFree: slots.onceFree,
    emit: (frame, lease) => admission.emit({ header: headerOf(frame), hasPicture: false, lease, slot: lease.slot, generation: lease.generation }),
    skip(frame) {
      ordered.take({ type: "announced", frame });
      ordered.take({ type: "skipped", frame, cause: "no_slot" });
    },
  });
  return {
    view: slots.view,
    asks: admission.asks,
    permitted: admission.permitted,
    steps: () => (admission.isOver() ? [] : [...(writer.waits() ? [] : (["write"] as const)), ...(leaves ? (["leave"] as const) : [])]),
    write() {
      writer.step();
      if (writer.frame() === frames) admission.over();
    },
    leave() {
      admission.stop();
      writer.drop();
      admission.over();
    },
    check() {
      if (bug !== undefined) throw bug;
      const [inside, leased] = [admission.inHouse(), slots.outstanding()];
      assert.ok(inside >= 0 && inside <= leased, `${inside} frames in the house, in ${leased} slots`);
    },
    key: () => [slots.key(), ordered.key(), writer.key(), admission.key()].join(" "),
    ended() {
      assert.ok(admission.isComplete(), "it hangs: nothing can happen any more, and the stream has not ended");
      assert.equal(slots.outstanding(), 0, "a slot is lost");
      assert.equal(admission.inHouse(), 0, "a frame is lost in the house");
      assert.equal(ordered.waiting(), 0, "a frame has not left");
      assert.equal(ordered.over(), writer.frame(), "not every frame ended just once");
    },
  };
}
