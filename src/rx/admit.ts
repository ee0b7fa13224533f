import { Observable, type OperatorFunction, type Subscriber } from "rxjs";
import type { FrameHeader, FrameOutcome, SkipCause } from "../core/frame.js";

/** A frame that waits to be looked at. Whoever ends it disposes its lease. */
export interface Admissible {
  readonly header: FrameHeader;
  readonly lease: Disposable;
  /** Whether a picture for people exists of this frame: while somebody watches, such a frame is not pushed out by one without. */
  readonly hasPicture: boolean;
}

/** A fact about one frame, in the words of the order room. */
export type FrameFact =
  | { readonly type: "announced"; readonly frame: number }
  | { readonly type: "skipped"; readonly frame: number; readonly cause: SkipCause }
  | { readonly type: "ended"; readonly outcome: FrameOutcome };

/** Knows in which frames nothing moves. */
export interface AdmitGate<F extends Admissible> {
  /** Asked once for each frame that is due, in their order. */
  isStill(frame: F): boolean;
  /** Settles when there is room for what such a frame leaves behind; undefined = there is. Newest first it is not asked. */
  room(): Promise<unknown> | undefined;
}

/** Who may pass, and when. */
export interface AdmitRules<F extends Admissible> {
  /** false: every frame is looked at. true: the newest is, at most one waits. */
  readonly newestFirst: boolean;
  /** Newest first only: a frame that waited longer since its capture is not worth a look, ms. */
  readonly maxAgeMs: () => number;
  readonly monotonicMs: () => number;
  /** Whether the frame is one of those that a highest rate allows. */
  readonly isDue: (frame: F) => boolean;
  /** Lets frames go by unlooked at, because nothing moves in them; left out = every frame is looked at. */
  readonly gate?: AdmitGate<F>;
  /** Whether somebody watches the pictures. */
  readonly watched: () => boolean;
  /** Settles when a frame may be sent. Asked for one at a time. */
  readonly permit: () => Promise<void>;
  readonly returnPermit: () => void;
  /** Looks at the frame under a permit; calls `released` once, when nobody reads the pixels any more. Never rejects. */
  readonly look: (frame: F, released: () => void) => Promise<FrameOutcome>;
  /** Once aborted, frames that wait or still come are skipped as `stopped`; those being looked at end as usual. */
  readonly stop: AbortSignal;
}

/** The gauge of frames that are numbered and have not ended. */
export interface InHouse {
  count: number;
}

/**
 * While one frame hangs, at most this many later ones are looked at: their results wait in the order room. Twice the most
 * workers that can be set, so that it never binds in good times.
 */
const REORDER_WINDOW = 128;

/**
 * The one place where frames wait: in front of the pool, never inside it.
 *
 *   frame ──► announced ──► waiting (newest first: 1; else: ring slots) ──permit──► look ──► ended
 *                 │             └─ pushed out / too old / stopped ──► skipped
 *                 └─ nothing moves ──► ended (still); of a file behind those that wait, and when there is room
 *
 * Bounded by construction: a waiting frame holds a slot, and slots are few. Completes when the input has and nothing is
 * out any more.
 */
export function admit<F extends Admissible>(rules: AdmitRules<F>, inHouse: InHouse): OperatorFunction<F, FrameFact> {
  return (frames) =>
    new Observable((facts) => {
      const admission = new Admission(rules, inHouse, facts);
      const subscription = frames.subscribe({
        next: (frame) => admission.take(frame),
        error: (error) => facts.error(error),
        complete: () => admission.inputEnded(),
      });
      return () => {
        admission[Symbol.dispose]();
        subscription.unsubscribe();
      };
    });
}

/** One stream's admission, for the life of one subscription. */
class Admission<F extends Admissible> implements Disposable {
  readonly #waiting: F[] = [];
  /** Those that wait and need not be looked at. */
  readonly #still = new WeakSet<F>();
  #asking = false;
  /** Frames that are being looked at, ascending, and how many looks had begun by then. */
  readonly #lookingAt = new Map<number, number>();
  #begun = 0;
  #inputEnded = false;
  readonly #onStop = (): void => {
    for (const frame of this.#waiting.splice(0)) this.#skip(frame, "stopped");
    this.#completeWhenDone();
  };

  constructor(
    readonly rules: AdmitRules<F>,
    readonly inHouse: InHouse,
    readonly facts: Subscriber<FrameFact>,
  ) {
    rules.stop.addEventListener("abort", this.#onStop, { once: true });
  }

  take(frame: F): void {
    const cause = this.#refusal(frame);
    const isStill = cause === undefined && (this.rules.gate?.isStill(frame) ?? false);
    if (isStill && this.rules.newestFirst) return this.#takeStill(frame);
    if (isStill) this.#still.add(frame);
    // Before the new frame is announced: else there would be one more in the house than its bound, for everybody who looks now.
    if (cause === undefined && this.rules.newestFirst) for (const rival of this.#waiting.splice(0)) this.#skip(rival, "busy");
    this.inHouse.count += 1;
    this.facts.next({ type: "announced", frame: frame.header.frame });
    const why = this.rules.stop.aborted ? "stopped" : cause;
    if (why !== undefined) return this.#skip(frame, why);
    this.#waiting.push(frame);
    this.#ask();
  }

  /** A live frame that nothing moves in pushes out nobody and waits for nobody. */
  #takeStill(frame: F): void {
    this.inHouse.count += 1;
    this.facts.next({ type: "announced", frame: frame.header.frame });
    this.#endStill(frame);
  }

  #endStill(frame: F): void {
    this.inHouse.count -= 1;
    frame.lease[Symbol.dispose]();
    this.facts.next({ type: "ended", outcome: { kind: "still", header: frame.header } });
  }

  inputEnded(): void {
    this.#inputEnded = true;
    this.#completeWhenDone();
  }

  [Symbol.dispose](): void {
    this.rules.stop.removeEventListener("abort", this.#onStop);
    for (const frame of this.#waiting.splice(0)) frame.lease[Symbol.dispose]();
  }

  /** Why a frame is not even to wait. */
  #refusal(frame: F): SkipCause | undefined {
    if (this.rules.stop.aborted) return "stopped";
    if (!this.rules.isDue(frame)) return "max_fps";
    const rival = this.rules.newestFirst ? this.#waiting[0] : undefined;
    return this.rules.watched() && rival?.hasPicture && !frame.hasPicture ? "busy" : undefined;
  }

  #ask(): void {
    for (let [next] = this.#waiting; !this.#asking && next !== undefined && this.#hasWindow; [next] = this.#waiting) {
      const isStill = this.#still.has(next);
      const permit = isStill ? this.rules.gate?.room() : this.rules.permit();
      if (permit === undefined) {
        this.#waiting.shift();
        // It counts as a look: while an earlier one hangs, it waits in the order room like a result.
        this.#begun += 1;
        this.#endStill(next);
        this.#completeWhenDone();
        continue;
      }
      this.#asking = true;
      void permit.then(() => {
        this.#asking = false;
        // A still one that has room now ends in the next round.
        if (!isStill) this.#send(this.#waiting.shift());
        this.#ask();
      });
    }
  }

  /** Looks, not numbers: frames that are left out use numbers up as well. */
  get #hasWindow(): boolean {
    const [oldest = this.#begun] = this.#lookingAt.values();
    return this.#begun - oldest < REORDER_WINDOW;
  }

  #send(frame: F | undefined): void {
    if (frame === undefined || this.#isTooOld(frame)) {
      this.rules.returnPermit();
      if (frame) this.#skip(frame, "too_old");
      return this.#completeWhenDone();
    }
    this.#lookingAt.set(frame.header.frame, ++this.#begun);
    // A slot that is free before its frame is counted out would let one in beyond the bound: two answers can come in one turn.
    let isOut = false;
    let isFree = false;
    const released = (): void => {
      isFree = true;
      if (isOut) frame.lease[Symbol.dispose]();
    };
    const ended = (outcome: FrameOutcome): void => {
      this.#lookingAt.delete(frame.header.frame);
      this.inHouse.count -= 1;
      isOut = true;
      if (isFree) frame.lease[Symbol.dispose]();
      this.facts.next({ type: "ended", outcome });
      this.#ask();
      this.#completeWhenDone();
    };
    // A bug of ours ends the stream: without an outcome it would wait for this frame for good.
    this.rules.look(frame, released).then(ended).catch((bug: unknown) => this.facts.error(bug));
  }

  #isTooOld({ header }: F): boolean {
    const { newestFirst, maxAgeMs, monotonicMs } = this.rules;
    return newestFirst && monotonicMs() - header.capturedMonoMs > maxAgeMs();
  }

  #skip(frame: F, cause: SkipCause): void {
    frame.lease[Symbol.dispose]();
    this.inHouse.count -= 1;
    this.facts.next({ type: "skipped", frame: frame.header.frame, cause });
  }

  #completeWhenDone(): void {
    if (this.#inputEnded && this.#lookingAt.size === 0 && this.#waiting.length === 0) this.facts.complete();
  }
}
