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

/**
 * Makes the target. It opens its file when it is needed, and anew after any error or when somebody moved or removed it.
 * Time going back begins no part: an earlier period's name would sort the records wrongly.
 */
export function logTarget(path: string, rotate: RotateRules, world: TargetWorld): LogTarget {
  const { clock, notice } = world;
  let lock: LogLock | undefined;
  let part: OpenPart | undefined;
  /** Period of the open part's first record. */
  let period = "";
  let noTurnBeforeMs = -Infinity;
  let isDirty = false;

  async function open(): Promise<OpenPart> {
    lock ??= await lockLog(path, clock);
    const opened = part ?? (await openPart(path));
    if (part === undefined) {
      period = periodOf(opened.firstMs ?? clock.wallMs(), rotate.every);
      if (opened.cutBytes > 0) notice(`${path}: ${opened.cutBytes} bytes at its end, a line that an earlier run could not finish, were cut away`);
    }
    return (part = opened);
  }

  /** Forgets a part that can't be used any more. What it was closed for is told by somebody else. */
  async function letGo(): Promise<void> {
    const old = part;
    part = undefined;
    isDirty = false;
    await old?.close().catch(() => undefined);
  }

  const isTurnDue = ({ sizeBytes }: OpenPart): boolean => {
    if (sizeBytes === 0 || clock.monotonicMs() < noTurnBeforeMs) return false;
    return (rotate.maxBytes !== null && sizeBytes >= rotate.maxBytes) || (rotate.every !== "none" && periodOf(clock.wallMs(), rotate.every) > period);
  };

  /** The names change on the disk one after the other: at no moment does a power cut leave two files under one. */
  async function turn(old: OpenPart): Promise<boolean> {
    await old.sync();
    const numbers = (await partsOf(path)).filter((one) => one.part.period === period).map((one) => one.part.number);
    const closed = partPath(path, { period, number: Math.max(0, ...numbers) + 1, kind: "none" });
    try {
      await rename(path, closed);
    } catch (error) {
      noTurnBeforeMs = clock.monotonicMs() + RETRY_ROTATION_MS;
      notice(`${path} could not be rotated (${messageOf(error)}); it is written on, and tried again in ${RETRY_ROTATION_MS / 1000} s`);
      return false;
    }
    await syncFolder(dirname(path));
    await letGo();
    world.onClosed(closed);
    return true;
  }

  return {
    name: path,
    mayRecover: true,
    open: async () => void (await open()),
    async turn() {
      return part !== undefined && isTurnDue(part) && (await turn(part));
    },
    async write(chunk) {
      const open_ = await open();
      if (open_.sizeBytes === 0) period = later(period, periodOf(clock.wallMs(), rotate.every));
      isDirty = true;
      try {
        await open_.append(chunk);
      } catch (error) {
        await letGo();
        throw error;
      }
    },
    async sync() {
      if (part === undefined || !isDirty) return;
      try {
        await part.sync();
        const where = await part.whereabouts();
        await lock?.touch().catch(() => undefined);
        if (where === "here") return void (isDirty = false);
        if (where === "removed") throw new TargetFailure(new PipelineError("E_OUT_FOLDER", `${path} was removed while it was written`), "nothing since the last sync");
        notice(`${path} was moved while it was written; a new one is begun`);
      } catch (error) {
        await unlock();
        await letGo();
        throw error;
      }
      await unlock();
      await letGo();
    },
    async close() {
      try {
        await part?.close();
      } finally {
        part = undefined;
        await unlock();
      }
    },
  };

  /** The lock lies beside the file: where that has gone it may have gone too. */
  async function unlock(): Promise<void> {
    const held = lock;
    lock = undefined;
    try {
      await held?.[Symbol.asyncDispose]();
    } catch {
      // The folder is closed to us; a lock of a process that is gone is taken over.
    }
  }
}

const later = (a: string, b: string): string => (a > b ? a : b);
