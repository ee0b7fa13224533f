import { join } from "node:path";
import { textFile, type TextFile } from "./text-file.js";
import type { ExportFrame, ExportWriter } from "./writer.js";

/** How one file of a folder is written. */
export interface StreamText {
  /** What stands at its beginning. */
  readonly head: string;
  /** What a frame adds to it; an earlier one may wait for it. */
  frame(frame: ExportFrame): string;
  /** What comes last. */
  tail(): string;
}

/** A file for each stream, and for each of its runs: `gate.txt`, `gate@2.txt`. */
export function filePerStream(folder: string, ending: string, make: () => StreamText): ExportWriter {
  const files = new Map<string, { readonly file: TextFile; readonly text: StreamText }>();
  async function fileOf(fileName: string) {
    const known = files.get(fileName);
    if (known) return known;
    const opened = { file: await textFile(join(folder, `${fileName}${ending}`)), text: make() };
    files.set(fileName, opened);
    await opened.file.write(opened.text.head);
    return opened;
  }
  return {
    async frame(frame) {
      const { file, text } = await fileOf(frame.fileName);
      const words = text.frame(frame);
      if (words !== "") await file.write(words);
    },
    async finish() {
      for (const { file, text } of files.values()) {
        await file.write(text.tail());
        await file.end();
      }
      return [];
    },
    async [Symbol.asyncDispose]() {
      for (const { file } of files.values()) await file[Symbol.asyncDispose]();
    },
  };
}
