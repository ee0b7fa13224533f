import type { Readable, Writable } from "node:stream";
import { PipelineError } from "../core/errors.js";
import type { InputPlan } from "./input.js";

/** Most that a probe may take of standard input, bytes: what it was given is kept for the decoder. FFmpeg looks at 5 MB by itself. */
const HEAD_LIMIT_BYTES = 16 * 1024 * 1024;

/**
 * Standard input for two readers, one after the other: a probe sees the head, the decoder gets that head again and the
 * rest. Bytes are taken only as fast as they are read; beyond the head none are kept.
 */
export interface SharedInput {
  /** Makes it one source's own, before anything is read. @throws PipelineError E_USAGE when a source has it, or has had it */
  claim(): void;
  /** Gives the stream to a probe until that closes its end or has seen the limit. What it was given is kept. */
  lend(probe: Writable): void;
  /** What has come so far: nothing yet, nothing at all (it has ended), or bytes. */
  readonly state: "silent" | "empty" | "flowing";
  /** Gives everything from the beginning to the decoder. Once: the bytes are gone then. */
  give(decoder: Writable): void;
}

/** Makes a stream readable twice at its head. */
export function shareInput(input: Readable, limitBytes: number = HEAD_LIMIT_BYTES): SharedInput {
  const head: Buffer[] = [];
  let headBytes = 0;
  let ended = false;
  let claimed = false;
  let given = false;
  let stopLending = (): void => undefined;
  input.once("end", () => (ended = true));
  input.on("error", () => (ended = true));

  return {
    claim() {
      if (claimed) throw readOnce();
      claimed = true;
    },
    lend(probe) {
      ignoreBrokenPipe(probe);
      for (const chunk of head) probe.write(chunk);
      if (ended || headBytes >= limitBytes) return void probe.end();
      const take = (chunk: Buffer): void => {
        head.push(chunk);
        headBytes += chunk.length;
        if (!probe.write(chunk)) input.pause();
        if (headBytes >= limitBytes) stop();
      };
      const resume = (): void => void input.resume();
      const stop = (): void => {
        input.off("data", take).off("end", stop).pause();
        probe.off("drain", resume).off("close", stop);
        probe.end();
      };
      stopLending = stop;
      input.on("data", take).once("end", stop);
      probe.on("drain", resume).once("close", stop);
    },
    get state() {
      if (headBytes > 0 || given) return "flowing";
      return ended ? "empty" : "silent";
    },
    give(decoder) {
      if (given) throw readOnce();
      given = true;
      stopLending();
      ignoreBrokenPipe(decoder);
      for (const chunk of head.splice(0)) decoder.write(chunk);
      if (ended) return void decoder.end();
      const rest = (): void => void input.pipe(decoder);
      if (decoder.writableNeedDrain) decoder.once("drain", rest);
      else rest();
      // Nobody reads on: a writer at the other end learns it, and the process may end.
      decoder.once("close", () => input.destroy());
    },
  };
}

function readOnce(): PipelineError {
  return new PipelineError("E_USAGE", "standard input can be read only once: a stream on - has it, or has had it before it was changed");
}

/** A child that has seen enough closes its end; that is no error. */
function ignoreBrokenPipe(stream: Writable): void {
  stream.on("error", () => undefined);
}

let ours: SharedInput | undefined;

/** This process's standard input; it has one, so all who read it share it. */
export function standardInput(): SharedInput {
  return (ours ??= shareInput(process.stdin));
}

/**
 * Writes into a child's stdin what its plan says. Call it right after the start.
 * @throws PipelineError E_USAGE when standard input was given to a child before; then nothing is written
 */
export function feedInput(stdin: Writable | null | undefined, { stdinText, stdin: kind }: Pick<InputPlan, "stdin" | "stdinText">): void {
  if (!stdin) return;
  if (stdinText !== undefined) {
    ignoreBrokenPipe(stdin);
    stdin.end(stdinText);
  } else if (kind === "pipe") {
    standardInput().give(stdin);
  } else {
    stdin.end();
  }
}
