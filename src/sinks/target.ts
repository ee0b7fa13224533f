import { messageOf, PipelineError, type ErrorCode } from "../core/errors.js";

/** Where a line sink's bytes go. One call at a time. What fails rejects with any error; see `TargetFailure`. */
export interface WriteTarget {
  readonly name: string;
  /** Whether a later call may do better after an error. Otherwise the first error is the end. */
  readonly mayRecover?: boolean;
  /** Writes all of `chunk` (whole lines) or rejects; then only whole lines have stayed. */
  write(chunk: Buffer): Promise<void>;
  /** Makes what was written survive a power cut; left out where that means nothing. */
  sync?(): Promise<void>;
  /** Begins a new file when that is due. Resolves to whether it did: then all that was written before is safe. */
  turn?(): Promise<boolean>;
  close(): Promise<void>;
}

/** An error that says what has become of the lines. */
export class TargetFailure extends Error {
  constructor(
    override readonly cause: unknown,
    /** Bytes of whole lines of the last chunk that have stayed, or that everything since the last sync has gone. */
    readonly kept: { readonly bytes: number } | "nothing since the last sync",
  ) {
    super(messageOf(cause));
  }
}

/** System error codes that mean the same to the person who chose the output. Everything else is E_OUT_WRITE. */
const CODE_OF: Readonly<Record<string, ErrorCode>> = {
  ENOENT: "E_OUT_FOLDER",
  ENOTDIR: "E_OUT_FOLDER",
  ENOSPC: "E_OUT_FULL",
  EDQUOT: "E_OUT_FULL",
  EFBIG: "E_OUT_FULL",
  EPIPE: "E_STOPPED",
};

/** Says in our words what the system refused: `doing` is what was tried ("open", "write"). */
export function outputError(thrown: unknown, doing: string, name: string): PipelineError {
  if (thrown instanceof PipelineError) return thrown;
  if (thrown instanceof TargetFailure) return outputError(thrown.cause, doing, name);
  const system = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const reason = system || messageOf(thrown);
  const message =
    system === "EPIPE" ? `${name}: the reader has gone` : `${name}: could not ${doing} (${reason})`;
  return new PipelineError(CODE_OF[system] ?? "E_OUT_WRITE", message, { cause: thrown });
}
