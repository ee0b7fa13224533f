import type { PipelineError } from "../core/errors.js";
import type { Published } from "../wire/index.js";

/** Somewhere that records go. A sink owns its bounded buffer; it never slows a stream that does not ask it. */
export interface Sink extends AsyncDisposable {
  /** For people: the path, `stdout`. */
  readonly name: string;
  /** Bytes taken and not yet written; left out by a sink that keeps none. */
  readonly bufferedBytes?: number;
  /** Records that it lost so far. */
  readonly dropped?: number;
  /** Records written so far, gaps included; left out, as the next two, by a sink that does not count them. */
  readonly writtenRecords?: number;
  /** Records that survive a power cut: acknowledged. */
  readonly syncedRecords?: number;
  /** Why nothing can be written now; null when it can. */
  readonly trouble?: PipelineError | null;
  /**
   * Takes one record. Never throws, never blocks. Returns whether there is room for more: a lossless stream that gets
   * `false` waits for `ready()` before it writes again; a live one may go on, then the sink loses records, and counts them.
   */
  write(published: Published): boolean;
  /** Settles when there is room again; rejects with the PipelineError that ended the sink. */
  ready(): Promise<void>;
  /** Settles when all that was written before has left, however long it takes; rejects like `ready()`. */
  flush(): Promise<void>;
  /**
   * Lets out what is left within a time limit and closes. Rejects with the sink's PipelineError when nobody has been
   * told of it yet by `ready()` or `flush()`.
   */
  [Symbol.asyncDispose](): Promise<void>;
}
