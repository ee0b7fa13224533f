/**
 * What leaves frames out before they are scaled, and can be told something else while FFmpeg runs.
 *
 * `select` takes no commands. But every filter with a timeline takes `enable`, an expression that is asked for each frame:
 * a filter that drops whatever it is given (`metadata` that wants a key no frame has) leaves out the frames for which it is
 * enabled. Commands go in by FFmpeg's standard input, `c<filter> -1 enable <expression>`, and are looked for ten times a second
 * (FFmpeg 7 and newer: twice).
 */

/** What whoever takes the frames wants of a run at the moment. */
export interface Wish {
  /** Most frames a second of the stream's own time; null = all. */
  readonly maxFps: number | null;
  /** Whether somebody looks at the pictures. */
  readonly watched: boolean;
}

/** Half a millisecond and a bit, s: time stamps of 29.97 fps in a 1 ms time base are off by that much. */
const TOLERANCE = "6e-4";

/**
 * An FFmpeg expression that is true for the frames beyond a rate. A schedule with one place each `1 / maxFps` s is kept,
 * whatever the gaps, and the frame nearest to a place takes it: 30 fps thinned to 25 gives 25. After a pause the schedule starts
 * anew; after a jump back what was left to wait is still to be waited. A frame without a time is not left out, and frames of one
 * time are as one. The same rule as
 * the order room's `pace`, in what fits a command: at most 255 characters.
 *
 *   0: the next place   1: half of the frame's distance from the one before, at most half a place
 *   2: the last frame's time, and 9 s: so that it is no frame's at first   3: what was said of it, since FFmpeg asks twice
 */
export function beyondRate(maxFps: number | null): string {
  if (maxFps === null) return "0";
  const period = (1 / maxFps).toPrecision(10);
  const follow = `st(1,t+9-ld(2));st(2,t+9);if(lt(ld(1),0),st(0,ld(0)+ld(1)));st(1,clip(ld(1),0,${period})/2)`;
  const take = `st(0,if(gt(t-ld(0),3*ld(1)+${TOLERANCE}),t,ld(0))+${period});0`;
  return `if(isnan(t),0,if(eq(t+9,ld(2)),ld(3),${follow};st(3,if(lte(ld(0)-t,ld(1)+${TOLERANCE}),${take},1))))`;
}

const gate = (name: string, enable: string): string => `metadata@${name}=mode=select:key=sightline_none:enable='${enable}'`;

/** Lets no more frames through than a rate. */
export const rateGate = (maxFps: number | null): string => gate("rate", beyondRate(maxFps));
/** Lets frames through while somebody watches. */
export const watchGate = (watched: boolean): string => gate("watch", unlessWatched(watched));

const unlessWatched = (watched: boolean): string => (watched ? "0" : "1");

/** The lines that make a wish known to a running FFmpeg, which knows another one. Pure. */
export function commandsFor(wish: Wish, known: Wish): string {
  const rate = wish.maxFps === known.maxFps ? "" : `cmetadata@rate -1 enable ${beyondRate(wish.maxFps)}\n`;
  const watch = wish.watched === known.watched ? "" : `cmetadata@watch -1 enable ${unlessWatched(wish.watched)}\n`;
  return rate + watch;
}

/** A wish that changes, and one who follows it. */
export interface Wishes {
  readonly now: Wish;
  change(some: Partial<Wish>): void;
  /** Calls back at each change, until disposed. One at a time. */
  follow(take: (wish: Wish) => void): Disposable;
}

/** Makes it. */
export function wishes(first: Wish): Wishes {
  let now = first;
  let follower: ((wish: Wish) => void) | undefined;
  return {
    get now() {
      return now;
    },
    change(some) {
      now = { ...now, ...some };
      follower?.(now);
    },
    follow(take) {
      follower = take;
      return { [Symbol.dispose]: () => void (follower = follower === take ? undefined : follower) };
    },
  };
}
