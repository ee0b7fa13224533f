import type { FastifyReply, FastifyRequest } from "fastify";
import { maySee, type Access } from "../../core/access.js";
import type { Clock } from "../../core/clock.js";
import { PipelineError } from "../../core/errors.js";
import type { Feed } from "../../feed/index.js";
import type { ApiSchemas, PlaybackControl, StreamControl, StreamInfo } from "../control.js";
import type { ReportDesk } from "../reports.js";
import type { StatsHistory } from "./stats-history.js";

/** What the routes of the API work with. */
export interface ApiDeps {
  /** The program's version. */
  readonly version: string;
  /** undefined while the program begins. */
  readonly control: () => StreamControl | undefined;
  /** Left out where no log is replayed. */
  readonly playback?: PlaybackControl;
  readonly accessOf: (request: FastifyRequest) => Access;
  readonly schemas: ApiSchemas;
  /** Answers about the log; undefined = there is none. */
  readonly reports: ReportDesk | undefined;
  readonly history: StatsHistory;
  /** Newest records and pictures. */
  readonly feed: Pick<Feed, "latest" | "find" | "watch">;
  readonly clock: Clock;
}

/** @throws PipelineError E_NOT_READY */
export function controlOf({ control }: ApiDeps): StreamControl {
  const one = control();
  if (one === undefined) throw new PipelineError("E_NOT_READY", "the streams have not begun yet");
  return one;
}

/**
 * A stream that the asker may see. One that may not be seen is as unknown as one that is not there: its name does not leak.
 * @throws PipelineError E_STREAM_UNKNOWN, E_NOT_READY
 */
export function visibleStream(request: FastifyRequest, name: string, deps: ApiDeps): StreamInfo {
  const info = maySee(deps.accessOf(request), name) ? controlOf(deps).get(name) : undefined;
  if (info === undefined) throw new PipelineError("E_STREAM_UNKNOWN", `there is no stream ${name}`);
  return info;
}

/** A hook that refuses whoever may only look (E_FORBIDDEN), before anything else is looked at. */
export function adminOnly({ accessOf }: ApiDeps) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void =>
    accessOf(request).role === "admin" ? done() : done(new PipelineError("E_FORBIDDEN", "this takes a token of role admin"));
}

/** A hook for what changes the stream in the path: refuses who may not see it (E_FORBIDDEN), in the same words whether there is one or not. */
export function ownStreamOnly({ accessOf }: ApiDeps) {
  return (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    const { name } = request.params as { readonly name: string };
    done(maySee(accessOf(request), name) ? undefined : new PipelineError("E_FORBIDDEN", "this takes a token that may see a stream of that name"));
  };
}
