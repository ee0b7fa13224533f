import { pause, type Clock } from "../core/clock.js";
import { PipelineError } from "../core/errors.js";
import { NoConnection, type HttpAnswer, type HttpClient } from "./http.js";
import type { Part } from "./part.js";
import type { ModelEntry } from "./registry.js";
import { backoffMs, retryAfterMs, startsAt } from "./resume.js";

/** How patient a download is. */
export interface DownloadLimits {
  /** Without a byte for so long a connection is given up, ms. */
  readonly stallMs: number;
  /** Tries one after another that bring nothing new. */
  readonly fruitlessTries: number;
  /** Wait before the second of them, ms; doubled with each. */
  readonly waitMs: number;
  /** Longest wait that a server may ask for, ms. */
  readonly mostWaitMs: number;
}

/** What a download needs, and whom it tells. */
export interface DownloadWorld {
  readonly http: HttpClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly limits: DownloadLimits;
  readonly onBytes: (doneBytes: number) => void;
  readonly onWait: (why: string, waitMs: number) => void;
}

/** All tries together: a server that breaks off again and again is left. */
const MOST_TRIES = 50;
/** Statuses that may be others in a while. */
const PASSING: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** What has stopped a try, and that another one may do better. */
class Interruption extends Error {
  constructor(message: string, readonly waitMs: number | null = null, readonly hasAnswered = true) {
    super(message);
  }
}

/**
 * Brings a model's file, or what is missing of it, into `part`, as many bytes as the registry says. What they are is not
 * looked at here.
 * @throws PipelineError E_PULL_UNREACHABLE, E_PULL_REFUSED, E_PULL_BROKEN, E_PULL_CORRUPT; the signal's reason
 */
export async function download(entry: ModelEntry & { address: string }, part: Part, world: DownloadWorld): Promise<void> {
  const { limits, clock, signal } = world;
  const resuming: Resuming = { validator: undefined };
  let farthest = part.sizeBytes;
  let fruitless = 0;
  for (let tries = 1; part.sizeBytes < entry.bytes; tries += 1) {
    try {
      await oneTry(entry, part, resuming, world);
    } catch (thrown) {
      if (!(thrown instanceof Interruption)) throw thrown;
      fruitless = part.sizeBytes > farthest ? 0 : fruitless + 1;
      farthest = Math.max(farthest, part.sizeBytes);
      // Who has never heard anything of the server is most likely offline, and need not wait long to be told so.
      const mostFruitless = thrown.hasAnswered || farthest > 0 ? limits.fruitlessTries : Math.min(2, limits.fruitlessTries);
      const waitMs = thrown.waitMs ?? backoffMs(fruitless, limits.waitMs);
      if (fruitless >= mostFruitless || tries >= MOST_TRIES || waitMs > limits.mostWaitMs) throw givenUp(thrown, waitMs, limits);
      world.onWait(thrown.message, waitMs);
      await pause(waitMs, clock, signal);
      signal.throwIfAborted();
    }
  }
}

interface Resuming {
  /** The server's own mark of the file, strong enough to go on by. */
  validator: string | undefined;
}

function givenUp({ message, waitMs: asked, hasAnswered }: Interruption, waitMs: number, { mostWaitMs }: DownloadLimits): PipelineError {
  if (!hasAnswered) return new PipelineError("E_PULL_UNREACHABLE", message);
  const longer = asked !== null && asked > mostWaitMs ? `; it asks to wait ${Math.ceil(waitMs / 1000)} s` : "";
  return new PipelineError("E_PULL_BROKEN", `${message}${longer}`);
}

async function oneTry(entry: ModelEntry & { address: string }, part: Part, resuming: Resuming, world: DownloadWorld): Promise<void> {
  using watch = watchSilence(world);
  let hasAnswered = false;
  try {
    const from = part.sizeBytes;
    const headers = from === 0 ? {} : { range: `bytes=${from}-`, ...(resuming.validator !== undefined && { "if-range": resuming.validator }) };
    const answer = await world.http.get(entry.address, headers, watch.signal);
    hasAnswered = true;
    watch.heard();
    await checkAnswer(answer, entry, part, from, world.clock);
    const etag = answer.header("etag");
    resuming.validator = etag?.startsWith("W/") === true ? undefined : etag;
    await readBody(answer, entry, part, watch.heard, world.onBytes);
  } catch (thrown) {
    world.signal.throwIfAborted();
    if (watch.isSilent) throw new Interruption(`${new URL(entry.address).host} sent nothing for ${world.limits.stallMs / 1000} s`, null, hasAnswered);
    if (!(thrown instanceof NoConnection)) throw thrown;
    if (thrown.isFinal) throw new PipelineError("E_PULL_UNREACHABLE", thrown.message, { cause: thrown });
    throw new Interruption(thrown.message, null, hasAnswered);
  }
  if (part.sizeBytes < entry.bytes) throw new Interruption(`it ended at ${part.sizeBytes} of ${entry.bytes} bytes`);
}

/** Whether what follows is the file from where `part` ends; else the part begins anew, or the try is over. */
async function checkAnswer(answer: HttpAnswer, entry: ModelEntry, part: Part, from: number, clock: Clock): Promise<void> {
  const { status, host } = answer;
  if (PASSING.has(status)) throw new Interruption(`${host} answers with status ${status}`, retryAfterMs(answer.header("retry-after"), clock.wallMs()));
  if (status === 206 && from > 0 && startsAt(answer.header("content-range"), from, entry.bytes)) return;
  if (status === 206 || status === 416) {
    await part.clear();
    throw new Interruption(`${host} can't go on at byte ${from}`, 0);
  }
  if (status !== 200) throw new PipelineError("E_PULL_REFUSED", `${host} answers with status ${status}`);
  const length = answer.header("content-length");
  if (length !== undefined && Number(length) !== entry.bytes) {
    throw new PipelineError("E_PULL_CORRUPT", `${host} offers ${length} bytes of ${answer.header("content-type") ?? "unknown kind"}, expected ${entry.bytes}`);
  }
  // The whole file, asked for or not.
  await part.clear();
}

async function readBody({ body, host }: HttpAnswer, entry: ModelEntry, part: Part, heard: () => void, onBytes: (doneBytes: number) => void): Promise<void> {
  for await (const chunk of body) {
    heard();
    if (part.sizeBytes + chunk.length > entry.bytes) {
      await part.clear();
      throw new PipelineError("E_PULL_CORRUPT", `${host} sends more than the ${entry.bytes} bytes that were expected`);
    }
    await part.append(chunk);
    onBytes(part.sizeBytes);
  }
}

interface SilenceWatch extends Disposable {
  /** Aborted with the wish to stop, or by silence. */
  readonly signal: AbortSignal;
  readonly isSilent: boolean;
  heard(): void;
}

function watchSilence({ clock, signal, limits }: DownloadWorld): SilenceWatch {
  const silence = new AbortController();
  const begin = (): Disposable => clock.after(limits.stallMs, () => silence.abort());
  let timer = begin();
  return {
    signal: AbortSignal.any([signal, silence.signal]),
    get isSilent() {
      return silence.signal.aborted;
    },
    heard() {
      timer[Symbol.dispose]();
      timer = begin();
    },
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}
