import type { Announcement } from "./announcement.js";
import { isSameModel, type ModelTraits } from "./subjects.js";

/** A worker that says nothing for so long is gone, ms: three of its announcements, and some. */
export const SILENT_MS = 3500;

interface Seen {
  readonly said: Announcement;
  heardMs: number;
}

/** Who is there, as one session sees it for one model. Pure: time comes in. */
export interface Roster {
  readonly model: ModelTraits;
  /** Workers with our model, by name. */
  readonly workers: Map<string, Seen>;
  /** Workers with another one. */
  readonly others: Map<string, Seen>;
}

/** What an announcement changed. */
export type RosterEvent =
  | { readonly type: "joined" | "left"; readonly said: Announcement }
  /** It runs another model, and was not known yet. */
  | { readonly type: "other"; readonly said: Announcement };

/** Others are kept to be told, no more: a broker may serve many. */
const MOST_OTHERS = 64;
/** More workers than a session can feed; a bound against who announces names for ever. */
const MOST_WORKERS = 1024;

/** Nobody is known yet. */
export function emptyRoster(model: ModelTraits): Roster {
  return { model, workers: new Map(), others: new Map() };
}

/** Takes an announcement. In place. */
export function heard({ model, workers, others }: Roster, said: Announcement, nowMs: number): RosterEvent[] {
  const before = workers.get(said.worker);
  if (!isSameModel(said.model, model)) {
    const isNew = !others.has(said.worker);
    if (isNew && others.size >= MOST_OTHERS) return [];
    others.set(said.worker, { said, heardMs: nowMs });
    return isNew ? [{ type: "other", said }] : [];
  }
  if (said.isLeaving) {
    workers.delete(said.worker);
    return before ? [{ type: "left", said }] : [];
  }
  if (!before && workers.size >= MOST_WORKERS) return [];
  workers.set(said.worker, { said, heardMs: nowMs });
  return before ? [] : [{ type: "joined", said }];
}

/** Lets go of those that have been silent for too long, and returns ours among them. In place. */
export function forgetSilent({ workers, others }: Roster, nowMs: number): Announcement[] {
  const silent = [...workers.values()].filter(({ heardMs }) => nowMs - heardMs > SILENT_MS).map(({ said }) => said);
  for (const { worker } of silent) workers.delete(worker);
  for (const [name, { heardMs }] of others) if (nowMs - heardMs > SILENT_MS) others.delete(name);
  return silent;
}

/** Nobody could be heard until now: all get the time that they need to speak. In place. */
export function excuseAll({ workers, others }: Roster, nowMs: number): void {
  for (const seen of [...workers.values(), ...others.values()]) seen.heardMs = nowMs;
}

/** Model instances of the workers that are there. */
export function instancesIn({ workers }: Roster): number {
  return [...workers.values()].reduce((sum, { said }) => sum + said.instances, 0);
}
