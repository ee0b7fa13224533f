import type { Clock } from "../core/clock.js";
import type { FrameHeader } from "../core/frame.js";
import { motionGate, type GateFrame, type GateRule, type GateView, type MotionGate } from "../gate/index.js";
import type { StreamMeter } from "../metrics/index.js";
import type { StreamGate } from "../pipeline.js";

/** Which frames are inferred. */
export interface GateSettings extends GateRule {
  /** none = all; motion = those in which something moves. */
  readonly kind: "none" | "motion";
}

/** Every frame is inferred. The times are those of the schema, for a stream that has a gate of its own. */
export const NO_GATE: GateSettings = { kind: "none", sensitivity: "normal", holdMs: 2000, refreshMs: 10_000, ignore: [] };

/** A stream's gate, which may be changed while the stream runs. */
export interface RunningGate extends StreamGate {
  /** With other settings the scene is learnt anew. */
  change(settings: GateSettings): void;
  /** The next frame is inferred: what is asked of it has changed. */
  lookAnew(): void;
  /** What it made of the newest frame; undefined where there is none. */
  view(): GateView | undefined;
}

/** A gate in words. */
export function gateWords({ kind, sensitivity, holdMs, refreshMs, ignore }: GateSettings): string {
  if (kind === "none") return "every frame is looked at (gate: none)";
  const masked = ignore.length === 0 ? "" : `, ${ignore.length} area${ignore.length === 1 ? "" : "s"} left out`;
  return `only frames in which something moves are looked at (gate: motion, sensitivity ${sensitivity}${masked}), for ${holdMs} ms after, and one at least each ${refreshMs} ms`;
}

/** What a gate needs of its stream. */
export interface GateParts {
  /** Whether frames come at the pace of the clock; else their media time counts. */
  readonly live: boolean;
  readonly meter: StreamMeter;
  readonly clock: Clock;
}

/** Makes the gate of a stream. */
export function streamGate(settings: GateSettings, { live, meter, clock }: GateParts): RunningGate {
  let gate = gateOf(settings);
  if (gate === null) meter.gateIsOff();
  const inTime = (header: FrameHeader): GateFrame => ({ frame: header.frame, timeMs: live ? header.capturedMonoMs : (header.ptsMs ?? header.capturedMonoMs) });
  return {
    isStill({ header, lease, ...place }) {
      if (gate === null) return false;
      const fromMs = clock.monotonicMs();
      const verdict = gate.judge(inTime(header), header.epoch, place, lease.pixels);
      meter.gated(verdict, header.capturedAtMs, clock.monotonicMs() - fromMs);
      return verdict === "still";
    },
    fact(fact) {
      if (gate === null || fact.type === "announced") return;
      if (fact.type === "skipped") return gate.missed(fact.frame);
      const { kind, header } = fact.outcome;
      if (kind === "detected") gate.seen(inTime(header));
      else gate.missed(header.frame);
    },
    change(next) {
      gate = gateOf(next);
      if (gate === null) meter.gateIsOff();
    },
    lookAnew: () => gate?.lookAnew(),
    view: () => gate?.view(),
  };
}

const gateOf = ({ kind, ...rule }: GateSettings): MotionGate | null => (kind === "motion" ? motionGate(rule) : null);
