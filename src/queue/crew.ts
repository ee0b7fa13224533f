import type { Clock } from "../core/clock.js";
import type { ModelInfo } from "../model/index.js";
import type { LiveDevices } from "../pool/index.js";
import type { Announcement } from "./announcement.js";
import { emptyRoster, excuseAll, forgetSilent, heard, instancesIn, SILENT_MS } from "./roster.js";
import { traitsOf, type ModelTraits } from "./subjects.js";

/** The workers that one session knows for one model; tells who comes and goes, and when there is nobody. */
export interface Crew {
  readonly model: ModelTraits;
  readonly workers: number;
  readonly instances: number;
  /** What runs the model at the workers that are there. */
  readonly live: readonly Pick<LiveDevices, "runtime" | "device" | "precision">[];
  /** Takes an announcement. */
  hear(said: Announcement): void;
  /** Looks for those that have fallen silent. To be called often while they could be heard. */
  look(): void;
  /** They can be heard again: nobody was silent until now. */
  excuse(): void;
}

/** What a crew needs. `url` may be shown: it stands in what a person is to type. */
export interface CrewParts {
  readonly model: ModelInfo;
  readonly url: string;
  readonly clock: Clock;
  readonly tell: (level: "info" | "warn", message: string) => void;
}

/** Nobody is known yet. */
export function makeCrew({ model, url, clock, tell }: CrewParts): Crew {
  const roster = emptyRoster(traitsOf(model));
  const { workers, others } = roster;
  /** Since when nobody has been there; undefined while somebody is, null when it was told. */
  let aloneSinceMs: number | null | undefined = clock.monotonicMs();

  const say = (level: "info" | "warn", { worker }: Announcement, what: string): void => tell(level, `worker ${worker} for ${model.id} ${what}`);

  function noteAlone(): void {
    if (workers.size > 0) aloneSinceMs = undefined;
    else if (aloneSinceMs === undefined) aloneSinceMs = clock.monotonicMs();
  }

  function tellAlone(): void {
    aloneSinceMs = null;
    tell("warn", `no worker for ${model.id} (sha256 ${model.sha256}) is there; start one: sightline worker --nats ${url} --model ${model.path}`);
    for (const { said } of others.values()) tellOther(said);
  }

  function tellOther({ worker, modelId, model: other }: Announcement): void {
    const as = ({ family, task, inputWidthPx, inputHeightPx, classes }: ModelTraits): string => `${family} ${task} ${inputWidthPx}x${inputHeightPx} with ${classes} classes`;
    const why = other.sha256 === model.sha256 ? `reads the same file as ${as(other)}, here it is ${as(roster.model)}` : `runs another model file: ${modelId} sha256 ${other.sha256} against ${model.sha256}`;
    tell("warn", `worker ${worker} ${why}`);
  }

  return {
    model: roster.model,
    get workers() {
      return workers.size;
    },
    get instances() {
      return instancesIn(roster);
    },
    get live() {
      return [...workers.values()].map(({ said }) => said);
    },
    hear(said) {
      for (const { type } of heard(roster, said, clock.monotonicMs())) {
        if (type === "joined") say("info", said, `has joined with ${said.instances} ${said.instances === 1 ? "instance" : "instances"}`);
        else if (type === "left") say("info", said, "has left");
        else if (aloneSinceMs === null) tellOther(said);
      }
      noteAlone();
    },
    look() {
      const nowMs = clock.monotonicMs();
      for (const said of forgetSilent(roster, nowMs)) say("warn", said, "is gone without a word; what it had goes to others");
      noteAlone();
      if (typeof aloneSinceMs === "number" && nowMs - aloneSinceMs >= SILENT_MS) tellAlone();
    },
    excuse() {
      excuseAll(roster, clock.monotonicMs());
      if (typeof aloneSinceMs === "number") aloneSinceMs = clock.monotonicMs();
    },
  };
}
