import { rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { Clock } from "../core/clock.js";
import { messageOf, PipelineError } from "../core/errors.js";
import { TargetFailure, type WriteTarget } from "../sinks/index.js";
import { syncFolder } from "./disk.js";
import { partsOf } from "./files.js";
import { lockLog, type LogLock } from "./lock.js";
import { partPath, periodOf, type Period } from "./names.js";
import { openPart, type OpenPart } from "./part.js";

/** When a log's file is closed and another one begun. */
export interface RotateRules {
  readonly every: Period;
  /** As soon as it has so many bytes; null = never for that reason. It ends with the group of lines that passes it. */
  readonly maxBytes: number | null;
}

/** A rotation that failed is tried again after this, ms. The file that is open is written on meanwhile. */
const RETRY_ROTATION_MS = 60_000;

/** What a log's target tells of. */
export interface TargetWorld {
  readonly clock: Clock;
  /** For the operator. */
  readonly notice: (message: string) => void;
  /** A part was closed under this path. */
  readonly onClosed: (path: string) => void;
}

/** A log's file as the target of a line sink. */
export interface LogTarget extends WriteTarget {
  /** Takes the lock and opens the file, if that is not done; `write` does so too. */
  open(): Promise<void>;
}

/** What a target holds and knows. */
interface State {
  readonly path: string;
  readonly rotate: RotateRules;
  readonly world: TargetWorld;
  lock: LogLock | undefined;
  part: OpenPart | undefined;
  /** Period of the open part's first record. */
  period: string;
  noTurnBeforeMs: number;
  /** Something was written since the last sync. */
  isDirty: boolean;
}

/**
 * Makes the target. It opens its file when it is needed, and anew after any error or when somebody moved or removed it.
 * Time going back begins no part: an earlier period's name would sort the records wrongly.
 */
export function logTarget(path: string, rotate: RotateRules, world: TargetWorld): LogTarget {
  const state: State = { path, rotate, world, lock: undefined, part: undefined, period: "", noTurnBeforeMs: -Infinity, isDirty: false };
  return {
    name: path,
    mayRecover: true,
    open: async () => void (await opened(state)),
    turn: async () => state.part !== undefined && isTurnDue(state, state.part) && (await turn(state, state.part)),
    async write(chunk) {
      const part = await opened(state);
      if (part.sizeBytes === 0) state.period = later(state.period, periodOf(world.clock.wallMs(), rotate.every));
      state.isDirty = true;
      try {
        await part.append(chunk);
      } catch (error) {
        await letGo(state);
        throw error;
      }
    },
    async sync() {
      if (state.part === undefined || !state.isDirty) return;
      try {
        await sync(state, state.part);
      } catch (error) {
        await letGo(state);
        throw error;
      }
    },
    async close() {
      try {
        await state.part?.close();
      } finally {
        state.part = undefined;
        await unlock(state);
      }
    },
  };
}

async function opened(state: State): Promise<OpenPart> {
  if (state.part !== undefined) return state.part;
  const { path, rotate, world } = state;
  // The lock lies beside the file: where that has gone it may have gone too.
  if (state.lock !== undefined && !(await state.lock.touch())) await unlock(state);
  state.lock ??= await lockLog(path, world.clock);
  state.part = await openPart(path);
  const { firstMs, cutBytes } = state.part;
  state.period = periodOf(firstMs ?? world.clock.wallMs(), rotate.every);
  if (cutBytes > 0) world.notice(`${path}: ${cutBytes} bytes at its end, a line that an earlier run could not finish, were cut away`);
  return state.part;
}

/** Forgets a part that can't be used any more. What it was closed for is told by somebody else. */
async function letGo(state: State): Promise<void> {
  const old = state.part;
  state.part = undefined;
  state.isDirty = false;
  await old?.close().catch(() => undefined);
}

async function unlock(state: State): Promise<void> {
  const held = state.lock;
  state.lock = undefined;
  try {
    await held?.[Symbol.asyncDispose]();
  } catch {
    // The folder is closed to us; a lock of a process that is gone is taken over.
  }
}

function isTurnDue({ rotate, period, noTurnBeforeMs, world: { clock } }: State, { sizeBytes }: OpenPart): boolean {
  if (sizeBytes === 0 || clock.monotonicMs() < noTurnBeforeMs) return false;
  return (rotate.maxBytes !== null && sizeBytes >= rotate.maxBytes) || (rotate.every !== "none" && periodOf(clock.wallMs(), rotate.every) > period);
}

/** The names change on the disk one after the other: at no moment does a power cut leave two files under one. */
async function turn(state: State, old: OpenPart): Promise<boolean> {
  const { path, period, world } = state;
  await old.sync();
  const numbers = (await partsOf(path)).filter((one) => one.part.period === period).map((one) => one.part.number);
  const closed = partPath(path, { period, number: Math.max(0, ...numbers) + 1, kind: "none" });
  try {
    await rename(path, closed);
  } catch (error) {
    state.noTurnBeforeMs = world.clock.monotonicMs() + RETRY_ROTATION_MS;
    world.notice(`${path} could not be rotated (${messageOf(error)}); it is written on, and tried again in ${RETRY_ROTATION_MS / 1000} s`);
    return false;
  }
  await syncFolder(dirname(path));
  await letGo(state);
  world.onClosed(closed);
  return true;
}

/** Makes what was written safe, and finds out whether it is still where it was written. */
async function sync(state: State, part: OpenPart): Promise<void> {
  const { path, world } = state;
  await part.sync();
  const where = await part.whereabouts();
  await state.lock?.touch();
  state.isDirty = false;
  if (where === "here") return;
  if (where === "removed") throw new TargetFailure(new PipelineError("E_OUT_FOLDER", `${path} was removed while it was written`), "nothing since the last sync");
  world.notice(`${path} was moved while it was written; a new one is begun`);
  await letGo(state);
}

const later = (a: string, b: string): string => (a > b ? a : b);
