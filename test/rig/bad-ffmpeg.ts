import { chmodSync, mkdtempSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What stands in for FFmpeg does. Asked for its version it is always the real one.
 * real: is FFmpeg; silent: says and gives nothing; deaf: as silent, and SIGTERM does not end it; exits: ends at once with
 * status 0; dies: gives a part of a frame and ends with status 1; floods: says more than anybody reads, and gives nothing;
 * hangs: is FFmpeg for a second, then stands still with everything open.
 */
export type Behaviour = "real" | "silent" | "deaf" | "exits" | "dies" | "floods" | "hangs";

/** A program in FFmpeg's place that can be made to misbehave between two starts. */
export interface BadFfmpeg {
  readonly path: string;
  /** Holds from the next start on. */
  set(behaviour: Behaviour): void;
}

const BODIES: Readonly<Record<Behaviour, string>> = {
  real: 'exec ffmpeg "$@"',
  silent: "exec sleep 600",
  deaf: "trap '' TERM\nexec sleep 600",
  exits: "exit 0",
  dies: "head -c 1000 /dev/zero\nexit 1",
  floods: "exec yes 'a word too many' >&2",
  hangs: '(sleep 1; kill -STOP $$) >/dev/null 2>&1 &\nexec ffmpeg "$@"',
};

/** Writes such a program into a folder; it begins as the real one. */
export function badFfmpeg(folder: string): BadFfmpeg {
  const home = mkdtempSync(join(folder, "ffmpeg-"));
  const path = join(home, "ffmpeg");
  const set = (behaviour: Behaviour): void => {
    // Put in place whole: a start in this very moment reads the old or the new one.
    const next = `${path}.next`;
    writeFileSync(next, `#!/bin/sh\ncase "$*" in *-version*) exec ffmpeg -version;; esac\n${BODIES[behaviour]}\n`);
    chmodSync(next, 0o755);
    renameSync(next, path);
  };
  set("real");
  return { path, set };
}
