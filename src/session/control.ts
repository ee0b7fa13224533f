import { asPipelineError, PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import type { ChangeOptions, JsonObject, SinkFigures, StreamControl, StreamInfo } from "../gateway/index.js";
import type { Sink } from "../sinks/index.js";
import { checkApiSource } from "../source/index.js";
import { streamNames } from "./names.js";
import type { ModelPools } from "./pools.js";
import type { Session, SessionOptions, StreamOptions, World } from "./session.js";
import { NO_API_SOURCES, type StreamSpec } from "./specs.js";
import type { Supervisor } from "./supervisor.js";

/** Whom the API's wishes are handed to. */
export interface ControlParts {
  readonly session: Pick<Session, "add" | "change" | "remove" | "restart" | "pause" | "resume">;
  readonly streams: Supervisor;
  readonly pools: ModelPools;
  readonly sinks: readonly Sink[];
  /** Those that are in force: another file may have been read meanwhile. */
  readonly options: () => SessionOptions;
  readonly api: World["api"];
}

/** The session as the HTTP API sees it. */
export function streamControl(parts: ControlParts): StreamControl {
  const { session, streams, pools, sinks, options } = parts;
  const known = (name: string): StreamSpec => {
    const spec = streams.look(name)?.spec;
    if (spec === undefined) throw new PipelineError("E_STREAM_UNKNOWN", `there is no stream ${name}`);
    return spec;
  };
  const get = (name: string): StreamInfo | undefined => infoOf(streams, name);
  return {
    get,
    list: () => streams.specs().map(({ name }) => get(name)!),
    async add(name, settings, change) {
      if (streams.look(name)) throw new PipelineError("E_STREAM_TAKEN", `there is a stream ${name} already`);
      const wish = await wishOf(settings, undefined, parts);
      await keeping(name, wish.written, change, parts, () => session.add(name, wish.stream));
    },
    async change(name, settings, change) {
      const wish = await wishOf(settings, known(name), parts);
      await keeping(name, wish.written, change, parts, () => session.change(name, wish.stream));
    },
    async remove(name, change) {
      known(name);
      await keeping(name, null, change, parts, () => session.remove(name));
    },
    async restart(name) {
      known(name);
      streams.stayOpen();
      await session.restart(name);
    },
    pause: async (name) => session.pause(known(name).name),
    resume: async (name) => session.resume(known(name).name),
    models: () =>
      pools.figures().map(({ info, ...figures }) => ({
        id: info.id, family: info.family, inputWidthPx: info.inputWidthPx, inputHeightPx: info.inputHeightPx, labels: info.labels, ...figures,
      })),
    sinks: () => sinks.map(figuresOf),
    gateView: (name) => streams.look(name)?.gateView(),
    settings: () => settingsOf(options(), streams),
  };
}

function infoOf(streams: Supervisor, name: string): StreamInfo | undefined {
  const look = streams.look(name);
  return look && { name, settings: shownSpec(look.spec), required: look.spec.required, stats: look.stats, reordering: look.reordering };
}

/** A stream in the shape in which it may be given. Which programs read it is the settings file's own affair. */
function shownSpec({ source, weight, required, labels, model, detect, gate, live, sourceOptions }: StreamSpec): JsonObject {
  const { maxFps, maxAgeMs, ...patience } = live;
  const { ffmpegPath: _, ffprobePath: __, ...reading } = sourceOptions;
  return { source: redactAddress(source), weight, maxFps, maxAgeMs, required, labels, model, detect, gate, live: patience, sourceOptions: reading };
}

function settingsOf(options: SessionOptions, streams: Supervisor): JsonObject {
  const bare = new Set(bareNames(options));
  const named = streams.specs().filter(({ name }) => !bare.has(name));
  return { ...options, inference: shownInference(options.inference), sources: options.sources.map(redactAddress), streams: Object.fromEntries(named.map((spec) => [spec.name, shownSpec(spec)])) };
}

/** How the broker is reached, less the secrets in it. */
function shownInference({ queue, ...inference }: SessionOptions["inference"]): JsonObject {
  return { ...inference, ...(queue && { queue: { ...queue, url: redactAddress(queue.url), password: queue.password === null ? null : "***" } }) };
}

const bareNames = ({ sources, streams = {} }: SessionOptions): string[] => streamNames(sources, Object.keys(streams));

interface Wish {
  readonly stream: StreamOptions;
  /** What would stand in the file; without `source` what stands there stays. */
  readonly written: JsonObject;
}

/** What was asked for, with what the API does not show or decide taken from `before`. */
async function wishOf(given: JsonObject, before: StreamSpec | undefined, { api, options }: ControlParts): Promise<Wish> {
  const asked = given as unknown as StreamOptions;
  refuseFiles(asked, before, options());
  const programs = before && ownPrograms(before, options());
  const sourceOptions = programs && { sourceOptions: { ...asked.sourceOptions, ...programs } };
  if (before && asked.source === redactAddress(before.source)) {
    const { source: _, ...rest } = given;
    const origin = before.policy !== null && { fromApi: true };
    return { stream: { ...asked, ...sourceOptions, ...origin, source: before.source }, written: { ...rest, ...sourceOptions, ...origin } };
  }
  const source = api ? await api.resolve(asked.source) : asked.source;
  await refuseForbidden(source, options());
  const origin = { fromApi: true };
  return { stream: { ...asked, ...sourceOptions, ...origin, source }, written: { ...given, ...sourceOptions, ...origin } };
}

/** Asked now so that the asker hears of it, and again at each connection: a name may lead elsewhere then. */
async function refuseForbidden(source: string, { api = NO_API_SOURCES }: SessionOptions): Promise<void> {
  try {
    await checkApiSource(source, api);
  } catch (thrown) {
    // A camera that is away now is tried again and again, as one of the settings is.
    if (asPipelineError(thrown, "E_INTERNAL").code !== "E_SOURCE_UNREACHABLE") throw thrown;
  }
}

/**
 * A file of labels is told word by word to whoever asks for the model, and of any other file what is wrong with it as a
 * model: which files are read is not for the API to say.
 */
function refuseFiles({ model = {} }: StreamOptions, before: StreamSpec | undefined, options: SessionOptions): void {
  const { labels = null, path = options.model.path } = model;
  const named = Object.values(options.streams ?? {}).flatMap((stream) => stream.model?.path ?? []);
  if (!["builtin", options.model.path, before?.model.path, ...named].includes(path)) {
    throw new PipelineError("E_FORBIDDEN", "another model can only be named in the settings file; here model.path may be builtin or one that stands there");
  }
  if ([null, "coco", options.model.labels, before?.model.labels].includes(labels)) return;
  throw new PipelineError("E_FORBIDDEN", "a file of labels can only be named in the settings file; here model.labels may be coco or null");
}

/** Programs that the stream's own words in the settings file name. */
function ownPrograms({ sourceOptions: { ffmpegPath, ffprobePath } }: StreamSpec, { source }: SessionOptions): Partial<SessionOptions["source"]> | undefined {
  const own = { ...(ffmpegPath !== source.ffmpegPath && { ffmpegPath }), ...(ffprobePath !== source.ffprobePath && { ffprobePath }) };
  return Object.keys(own).length > 0 ? own : undefined;
}

async function keeping(name: string, written: JsonObject | null, { persist }: ChangeOptions, { api, options, streams }: ControlParts, change: () => Promise<void>): Promise<void> {
  const work = (): Promise<void> => {
    streams.stayOpen();
    return change();
  };
  if (!persist) return await work();
  if (bareNames(options()).includes(name)) throw new PipelineError("E_PERSIST", `${name} was given as a bare source: only what stands under streams in the settings file can be kept there`);
  if (api === undefined) throw new PipelineError("E_PERSIST", "there is no settings file to keep it in");
  await api.keep(name, written, work);
}

function figuresOf({ name, bufferedBytes = 0, dropped = 0, writtenRecords, syncedRecords, trouble }: Sink): SinkFigures {
  return {
    name,
    queuedBytes: bufferedBytes,
    lostRecords: dropped,
    isFailing: Boolean(trouble),
    ...(writtenRecords !== undefined && { writtenRecords }),
    ...(syncedRecords !== undefined && { syncedRecords }),
  };
}
