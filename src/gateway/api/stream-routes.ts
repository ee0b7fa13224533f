import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { maySee } from "../../core/access.js";
import { z } from "../../core/schema.js";
import { statsRecord } from "../../wire/index.js";
import type { JsonObject, StreamInfo } from "../control.js";
import { adminOnly, controlOf, ownStreamOnly, visibleStream, type ApiDeps } from "./deps.js";
import { gateViewSchema, historyQuery, json, latestSchema, nameParams, newNameParams, persistQuery, problems, statsHistorySchema, streamSchema, streamsSchema } from "./schemas.js";

const TAGS = ["streams"];
/** About how far apart a stream's figures are, ms. */
const SAMPLE_MS = 1000;

/** Streams: what there is, how each does, and everything that changes them. */
export function addStreamRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get("/streams", { schema: { tags: TAGS, operationId: "listStreams", summary: "All streams", response: { ...json(200, streamsSchema, "The streams."), ...problems() } } }, (request) => {
    const access = deps.accessOf(request);
    return { streams: controlOf(deps).list().filter(({ name }) => maySee(access, name)).map((info) => shown(info, deps)) };
  });
  api.get("/streams/:name", { schema: { tags: TAGS, operationId: "getStream", summary: "One stream", params: nameParams, response: { ...json(200, streamSchema, "The stream."), ...problems(404) } } }, (request) =>
    shown(visibleStream(request, request.params.name, deps), deps),
  );
  api.get(
    "/streams/:name/detections",
    { schema: { tags: TAGS, operationId: "getDetections", summary: "What was seen in the newest frame", params: nameParams, response: { ...json(200, latestSchema, "The newest record."), ...problems(404) } } },
    (request) => {
      const { name } = visibleStream(request, request.params.name, deps);
      const { frame = null, seen } = deps.feed.latest(name) ?? {};
      return { stream: name, frame, ...(seen && { seen }) };
    },
  );
  api.get(
    "/streams/:name/gate",
    { schema: { tags: TAGS, operationId: "getGate", summary: "What its motion gate sees", description: "Made when it is asked for.", params: nameParams, response: { ...json(200, gateViewSchema, "The gate and its newest frame."), ...problems(404) } } },
    (request) => {
      const { name } = visibleStream(request, request.params.name, deps);
      return { stream: name, gate: controlOf(deps).gateView(name) ?? null };
    },
  );
  api.get(
    "/streams/:name/stats",
    { schema: { tags: TAGS, operationId: "getStatsHistory", summary: "Its figures over the last minutes", params: nameParams, querystring: historyQuery, response: { ...json(200, statsHistorySchema, "About one sample a second."), ...problems(404) } } },
    (request) => {
      const { name } = visibleStream(request, request.params.name, deps);
      const samples = deps.history.samples(name).slice(-request.query.seconds);
      return { stream: name, periodMs: SAMPLE_MS, samples: [...samples] };
    },
  );
  addChanges(app, deps);
}

function shown(info: StreamInfo, { clock }: ApiDeps) {
  return { ...info, settings: { ...info.settings }, stats: statsRecord(info.stats, clock.wallMs()) };
}

/** Whatever changes something is for role admin, and for streams that this one may see; that is looked at before the request itself, so that it tells nothing. */
function addChanges(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  const onRequest = [adminOnly(deps), ownStreamOnly(deps)];
  const asked = (request: FastifyRequest) => request.body as JsonObject;
  const isKept = (query: { readonly persist: "true" | "false" }) => ({ persist: query.persist === "true" });

  api.post(
    "/streams/:name",
    { onRequest, schema: { tags: TAGS, operationId: "addStream", summary: "Add a stream", params: newNameParams, querystring: persistQuery, body: deps.schemas.stream, response: { ...json(201, streamSchema, "It has begun; whether it can be opened, its state tells."), ...problems(409, 413, 415) } } },
    async (request, reply) => {
      const { name } = request.params;
      await controlOf(deps).add(name, asked(request), isKept(request.query));
      reply.code(201).header("location", `/api/v1/streams/${name}`);
      return shown(visibleStream(request, name, deps), deps);
    },
  );
  api.put(
    "/streams/:name",
    { onRequest, schema: { tags: TAGS, operationId: "changeStream", summary: "Change a stream", description: "What a running source need not know changes under it; anything else starts it anew. A source that is as it is shown, with ***, means the one that it has.", params: nameParams, querystring: persistQuery, body: deps.schemas.stream, response: { ...json(200, streamSchema, "The stream as it is now."), ...problems(404, 409, 413, 415) } } },
    async (request) => {
      const { name } = request.params;
      await controlOf(deps).change(name, asked(request), isKept(request.query));
      return shown(visibleStream(request, name, deps), deps);
    },
  );
  api.delete(
    "/streams/:name",
    { onRequest, schema: { tags: TAGS, operationId: "removeStream", summary: "Remove a stream", description: "Settles when its last records have left. Without persist it is back when the settings file is read again, if it stands there.", params: nameParams, querystring: persistQuery, response: { 204: z.null().describe("It is gone."), ...problems(404, 409) } } },
    async (request, reply) => {
      await controlOf(deps).remove(request.params.name, isKept(request.query));
      return (reply as FastifyReply).code(204).send();
    },
  );
  for (const { verb, summary, description } of ORDERS) {
    api.post(
      `/streams/:name/${verb}`,
      { onRequest, schema: { tags: TAGS, operationId: `${verb}Stream`, summary, description, params: nameParams, response: { ...json(200, streamSchema, "The stream as it is now."), ...problems(404, 409, 413, 415) } } },
      async (request) => {
        await controlOf(deps)[verb](request.params.name);
        return shown(visibleStream(request, request.params.name, deps), deps);
      },
    );
  }
}

const ORDERS: readonly { readonly verb: "restart" | "pause" | "resume"; readonly summary: string; readonly description: string }[] = [
  { verb: "restart", summary: "Begin a stream anew", description: "A new connection and a new epoch, frame numbers going on; a file from its beginning." },
  { verb: "pause", summary: "Let a stream rest", description: "Its source is closed and its threads are free for the others. Its state is paused." },
  { verb: "resume", summary: "Let a paused stream go on", description: "As restart; a stream that is not paused is left as it is." },
];
