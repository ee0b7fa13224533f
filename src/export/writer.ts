import type { FrameRecord } from "../wire/index.js";

/** A frame that was looked at, or a still one where the format takes those, with the objects that were asked for. */
export interface ExportFrame {
  readonly record: FrameRecord;
  /** Those of its objects that passed the filters; empty = nothing (that was asked for) was seen. */
  readonly objects: FrameRecord["objects"];
  /** 1, and one more each time that the stream's frame numbers begin anew: another run in the same log. */
  readonly run: number;
  /** The stream's name as a file's, with the run where it is not the first: `gate`, `gate@2`. */
  readonly fileName: string;
  /** Of a still picture its own file, as a path below the folder of all of them: `a/street.jpg`. */
  readonly picture?: string;
}

/** The seam of the formats: takes frames in the log's order, keeps no more than a frame of each stream. */
export interface ExportWriter extends AsyncDisposable {
  frame(frame: ExportFrame): Promise<void>;
  /**
   * Writes what comes last.
   * labels  all classes of the model, by number; empty = nobody knows more than what was seen
   * @returns what the person should know of it, a line each
   */
  finish(labels: readonly string[]): Promise<readonly string[]>;
}

/** A format: what it makes at the path, and how. */
export interface ExportFormat {
  readonly kind: "file" | "folder";
  /** It tells what is there in each frame: a still one has the objects of the last that was looked at. Else only frames that were looked at are written. */
  readonly takesStill?: true;
  /** Whether a name in the folder is one that is written there. */
  readonly isOurs?: (name: string) => boolean;
  /** Whether it has no room for masks, points and corners. */
  readonly hasBoxesOnly?: boolean;
  /** `path` is an empty file or folder. */
  readonly open: (path: string) => Promise<ExportWriter>;
}
