import { Observable, type OperatorFunction } from "rxjs";
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

/** Who may pass, and when. */
export interface AdmitRules<F extends Admissible> {
  /** false: every frame is looked at. true: the newest is, at most one waits. */
  readonly newestFirst: boolean;
  /** Newest first only: a frame that waited longer since its capture is not worth a look, ms. */
  readonly maxAgeMs: number;
  readonly monotonicMs: () => number;
  /** Whether the frame is one of those that a highest rate allows. */
  readonly isDue: (frame: F) => boolean;
  /** Whether somebody watches the pictures. */
  readonly watched: () => boolean;
  /** Settles when a frame may be sent. Asked for one at a time. */
  readonly permit: () => Promise<void>;
  readonly returnPermit: () => void;
  /** Looks at the frame under a permit; disposes the lease when nobody reads the pixels any more. Never rejects. */
  readonly look: (frame: F) => Promise<FrameOutcome>;
  /** Once aborted, frames that wait or still come are skipped as `stopped`; those being looked at end as usual. */
  readonly stop: AbortSignal;
}

/** The gauge of frames that are numbered and have not ended. */
export interface InHouse {
  count: number;
}

/**
 * The one place where frames wait: in front of the pool, never inside it.
 *
 *   frame ──► announced ──► waiting (newest first: 1; else: ring slots) ──permit──► look ──► ended
 *                               └─ pushed out / too old / stopped ──► skipped
 *
 * Bounded by construction: a waiting frame holds a slot, and slots are few. Completes when the input has and nothing is
 * out any more.
 */
export function admit<F extends Admissible>(rules: AdmitRules<F>, inHouse: InHouse): OperatorFunction<F, FrameFact> {
  return (frames) =>
    new Observable((facts) => {
      const waiting: F[] = [];
      let asking = false;
      let lookingAt = 0;
      let inputEnded = false;

      function skip(frame: F, cause: SkipCause): void {
        frame.lease[Symbol.dispose]();
        inHouse.count -= 1;
        facts.next({ type: "skipped", frame: frame.header.frame, cause });
      }

      function completeWhenDone(): void {
        if (inputEnded && lookingAt === 0 && waiting.length === 0) facts.complete();
      }

      function enqueue(frame: F): void {
        const rival = rules.newestFirst ? waiting[0] : undefined;
        if (rival === undefined) {
          waiting.push(frame);
        } else if (rules.watched() && rival.hasPicture && !frame.hasPicture) {
          skip(frame, "busy");
        } else {
          waiting[0] = frame;
          skip(rival, "busy");
        }
      }

      function ask(): void {
        if (asking || waiting.length === 0) return;
        asking = true;
        void rules.permit().then(() => {
          asking = false;
          send(waiting.shift());
          ask();
        });
      }

      function send(frame: F | undefined): void {
        const tooOld =
          frame && rules.newestFirst && rules.monotonicMs() - frame.header.capturedMonoMs > rules.maxAgeMs;
        if (frame === undefined || tooOld) {
          rules.returnPermit();
          if (frame) skip(frame, "too_old");
          return completeWhenDone();
        }
        lookingAt += 1;
        void rules.look(frame).then((outcome) => {
          lookingAt -= 1;
          inHouse.count -= 1;
          facts.next({ type: "ended", outcome });
          completeWhenDone();
        });
      }

      function stop(): void {
        for (const frame of waiting.splice(0)) skip(frame, "stopped");
        completeWhenDone();
      }

      rules.stop.addEventListener("abort", stop, { once: true });
      const subscription = frames.subscribe({
        next: (frame) => {
          inHouse.count += 1;
          facts.next({ type: "announced", frame: frame.header.frame });
          if (rules.stop.aborted) return skip(frame, "stopped");
          if (!rules.isDue(frame)) return skip(frame, "max_fps");
          enqueue(frame);
          ask();
        },
        error: (error) => facts.error(error),
        complete: () => {
          inputEnded = true;
          completeWhenDone();
        },
      });
      return () => {
        rules.stop.removeEventListener("abort", stop);
        subscription.unsubscribe();
      };
    });
}
