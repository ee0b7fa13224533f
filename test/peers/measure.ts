import { pause, systemClock } from "../../src/core/clock.js";
import { framesWrong, lagOf, objectsApart, objectsWrong, timed, type Lag, type Timed } from "./figures.js";
import { openLiveServer } from "./live-server.js";
import { runProgram, type Run, type Until } from "./runner.js";
import type { Subject, System } from "./systems.js";

/** What the runs of a bench need. */
export interface Bench {
  readonly command: (system: System, subject: Subject) => readonly string[];
  readonly environment: (system: System) => Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** What is known of a system while the bench goes on. */
export interface Findings {
  readonly system: System;
  readonly runs: Timed[];
  readonly versions: Record<string, string>;
  check: { readonly frames: number; readonly objects: number; readonly apart: number } | null;
  lag: Lag | null;
  /** Why it takes no further part. */
  why: string | null;
}

/** Nothing but a start for each system. */
export const begin = (systems: readonly System[]): Findings[] => systems.map((system) => ({ system, runs: [], versions: {}, check: null, lag: null, why: null }));

const WHOLE: Until = { results: Infinity, spanMs: Infinity };
/** Between two runs, so that the one before is really gone. */
const REST_MS = 300;

/** Every program reads a clip to its end, and finds what sightline finds: a bench of something else would be worth nothing. */
export async function checkAll(bench: Bench, all: readonly Findings[], subject: Subject, frames: number): Promise<void> {
  let ours: Run | null = null;
  for (const findings of all.filter(({ system }) => system.checked)) {
    const run = await attempt(bench, findings, subject, WHOLE, "check");
    if (run === null) continue;
    ours ??= findings.system.id === "sightline" ? run : null;
    const objects = run.seen.reduce((sum, seen) => sum + seen.objects, 0);
    const apart = ours ? objectsApart(run.seen, ours.seen) : Infinity;
    const wrong = run.ended ? (framesWrong(run.seen, frames) ?? objectsWrong(objects, apart)) : "it did not come to its end";
    if (wrong !== null) findings.why = `check: ${wrong}`;
    findings.check = { frames: run.seen.length, objects, apart };
  }
}

/** Round by round, each system once a round. */
export async function timeAll(bench: Bench, all: readonly Findings[], subject: Subject, rounds: number, frames: number): Promise<void> {
  for (let round = 1; round <= rounds; round += 1) {
    for (const findings of all.filter(({ system, why }) => system.timed && why === null)) {
      const run = await attempt(bench, findings, subject, { results: frames, spanMs: Infinity }, `round ${round} of ${rounds}`);
      if (run === null) continue;
      findings.why = framesWrong(run.seen, frames);
      if (findings.why === null) findings.runs.push(timed(run));
    }
  }
}

/** Each on a live stream of its own. */
export async function followAll(bench: Bench, all: readonly Findings[], subject: Subject, frames: readonly Buffer[], seconds: number): Promise<void> {
  for (const findings of all.filter(({ system, why }) => system.live && why === null)) {
    await using server = await openLiveServer(frames);
    const run = await attempt(bench, findings, { ...subject, source: server.url, live: true }, { results: Infinity, spanMs: seconds * 1000 }, "live");
    if (run !== null && run.seen.length > 1) findings.lag = lagOf(run, server.beganAtMs());
    else findings.why ??= "live: it gave no results";
  }
}

/** A system that fails is told and left out from then on; the others go on. */
async function attempt(bench: Bench, findings: Findings, subject: Subject, until: Until, what: string): Promise<Run | null> {
  const { signal, say } = bench;
  const { system, versions } = findings;
  await pause(REST_MS, systemClock, signal);
  say(`${what}: ${system.id}`);
  try {
    const run = await runProgram(bench.command(system, subject), bench.environment(system), until, signal);
    Object.assign(versions, run.versions);
    if (run.seen.length < 2) throw new Error("it gave no results");
    return run;
  } catch (error) {
    signal.throwIfAborted();
    findings.why = `${what}: ${(error as Error).message}`;
    say(`${system.id} is left out: ${findings.why}`);
    return null;
  }
}
