import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";

/** 2026-11-20T10:00:00.000Z */
export const BEGIN_MS = 1795168800000;

/** What may differ from one record to the next. */
export interface LineOptions {
  readonly stream?: string;
  readonly epoch?: number;
  readonly atMs?: number;
  readonly ptsMs?: number | null;
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly more?: string;
}

/** A line of a log, written by hand: frame `frame` of a camera of 25 fps, with a box whose left edge is the frame's number. */
export function line(frame: number, { stream = "gate", epoch = 1, atMs = frame * 40, ptsMs = frame * 40, widthPx = 320, heightPx = 180, more = "" }: LineOptions = {}): string {
  const at = new Date(BEGIN_MS + atMs).toISOString();
  return `{"v":1,"type":"frame","stream":"${stream}","epoch":${epoch},"frame":${frame},"outcome":"detected","ptsMs":${ptsMs},"capturedAt":"${at}","publishedAt":"${at}","widthPx":${widthPx},"heightPx":${heightPx},"model":"m@1","runtime":"onnxruntime/cpu/f32","timesMs":{"order":0.4,"total":48},${more}"objects":[{"classId":2,"label":"car","score":0.9,"box":[${frame % 300},60,310,120]}]}`;
}

/** Lines of frames `from` to `to`, without the last. */
export const lines = (from: number, to: number, options: (frame: number) => LineOptions = () => ({})): string[] =>
  Array.from({ length: to - from }, (_, i) => line(from + i, options(from + i)));

/** A folder that goes with the test. */
export function logFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "sightline-replay-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a log and gives its path. */
export function writeLog(t: TestContext, all: readonly string[], name = "detections.jsonl"): string {
  const path = join(logFolder(t), name);
  writeFileSync(path, all.map((one) => `${one}\n`).join(""));
  return path;
}
