import { open } from "node:fs/promises";
import { outputError } from "../sinks/index.js";

/** So much is gathered before it is written, characters. */
const GROUP_CHARS = 64 * 1024;

/** A text file that is written from its beginning to its end. Disposing closes it, `end` also writes the rest. */
export interface TextFile extends AsyncDisposable {
  /** @throws PipelineError E_OUT_WRITE, E_OUT_FULL */
  write(text: string): Promise<void>;
  end(): Promise<void>;
}

/**
 * Opens it, empty.
 * @throws PipelineError E_OUT_FOLDER, E_OUT_WRITE, E_OUT_FULL
 */
export async function textFile(path: string): Promise<TextFile> {
  const told = (doing: string) => (thrown: unknown) => {
    throw outputError(thrown, doing, path);
  };
  const file = await open(path, "w").catch(told("open"));
  let waiting = "";
  let closing: Promise<void> | undefined;
  async function writeOut(): Promise<void> {
    const text = waiting;
    waiting = "";
    await file.writeFile(text).catch(told("write"));
  }
  const close = (): Promise<void> => (closing ??= file.close());
  return {
    async write(text) {
      waiting += text;
      if (waiting.length >= GROUP_CHARS) await writeOut();
    },
    async end() {
      await writeOut();
      await close();
    },
    [Symbol.asyncDispose]: close,
  };
}
