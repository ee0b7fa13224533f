import { messageOf, PipelineError, type ErrorCode } from "../core/errors.js";

/** Where a line sink's bytes go. One call at a time. */
export interface WriteTarget {
  readonly name: string;
  /** Writes all of `chunk` (whole lines) or rejects with a PipelineError; then only whole lines have stayed. */
  write(chunk: Buffer): Promise<void>;
  /** Makes what was written survive a power cut; left out where that means nothing. */
  sync?(): Promise<void>;
  close(): Promise<void>;
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
  const system = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const reason = system || messageOf(thrown);
  const message =
    system === "EPIPE" ? `${name}: the reader has gone` : `${name}: could not ${doing} (${reason})`;
  return new PipelineError(CODE_OF[system] ?? "E_OUT_WRITE", message, { cause: thrown });
}
