import type { Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { startChild, readStderr, type Child, type StderrReader } from "../source/index.js";

/** FFmpeg that takes frames on its standard input. Disposing ends it, finished or not. */
export interface Encoder extends AsyncDisposable {
  /** Settles when the bytes have gone; rejects when the encoder is gone. One at a time. */
  write(...buffers: readonly Buffer[]): Promise<void>;
  /** Says that there is no more; settles when the file is whole. */
  finish(): Promise<void>;
}

/** Starts it. Everything it rejects with is a PipelineError: E_RENDER_ENCODER, E_OUT_FULL, E_OUT_WRITE, E_FFMPEG_MISSING. */
export function startEncoder(ffmpegPath: string, args: readonly string[], clock: Clock): Encoder {
  const child = startChild(ffmpegPath, args, { stdin: "ours", outputs: ["pipe", "pipe"] }, clock);
  const { stdin } = child.process;
  const words = wordsOf(child);
  stdin?.on("error", () => undefined);

  /** What its end means; waits for it, since its words come before. */
  async function why(): Promise<PipelineError> {
    const { code, signal } = await child.ended;
    return explained(words, signal === null ? `status ${code}` : signal);
  }
  const sent = (buffer: Buffer): Promise<boolean> => new Promise((resolve) => {
    if (!stdin) return resolve(false);
    stdin.write(buffer, (error) => resolve(!error));
  });
  return {
    async write(...buffers) {
      const gone = await Promise.all(buffers.map(sent));
      if (gone.includes(false)) throw await why();
    },
    async finish() {
      stdin?.end();
      const { code } = await child.ended;
      // FFmpeg ends with 0 also when the disk had no room for the file's last part, without which nobody can play it.
      if (code !== 0 || UNWRITTEN.test(words.lastWords())) throw await why();
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** What FFmpeg says when bytes of the file did not reach the disk. */
const UNWRITTEN = /No space left on device|Disk quota exceeded|File too large|Input\/output error|Error writing trailer/i;

/** Keeps what a child says. Its standard output is for nobody. */
export function wordsOf({ pipes }: Child, stderrAt = 2): StderrReader {
  const words = readStderr(() => undefined);
  for (const [i, stream] of pipes.entries()) {
    if (i === stderrAt) stream?.setEncoding("utf8").on("data", (text: string) => words.push(text));
    stream?.on("error", () => undefined);
  }
  return words;
}

function explained(words: StderrReader, how: string): PipelineError {
  const said = words.lastWords();
  const reason = words.explanation() ?? "it gave no reason";
  if (/No space left on device|Disk quota exceeded|File too large/i.test(said)) return new PipelineError("E_OUT_FULL", "the video could not be written: no space is left");
  if (/Permission denied|Read-only file system|Input\/output error/i.test(said)) return new PipelineError("E_OUT_WRITE", `the video could not be written: ${reason}`);
  return new PipelineError("E_RENDER_ENCODER", `FFmpeg's encoder ended with ${how}: ${reason}`);
}
