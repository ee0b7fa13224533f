import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Clock } from "../core/clock.js";
import { deferred } from "../core/lifetime.js";
import { answerMessage, type ClientHandlers, type ClientWire, type Feed, type Framing } from "../feed/index.js";
import { asyncApiText } from "../wire/index.js";
import { DISMISSAL, whenDismissed, whenGone } from "./connections.js";
import { accessOf } from "./http-access.js";
import { problem } from "./problem.js";
import type { Seats } from "./seats.js";
import { subscriptionOf, type Query } from "./subscription-query.js";

/** The feed for those without a WebSocket library. */
const EVENTS_PATH = "/api/events";
const STREAM_PATH = "/api/stream";
const CONTRACT_PATH = "/api/asyncapi.json";

/** Below the half minute after which some proxies cut a silent answer. */
const KEEP_ALIVE_MS = 15_000;
/** What readers pass over: a comment of server-sent events, an empty line. */
const KEEP_ALIVE: Readonly<Record<string, string>> = { sse: ": still here\n\n", ndjson: "\n" };
const CONTENT_TYPE: Readonly<Record<string, string>> = { sse: "text/event-stream; charset=utf-8", ndjson: "application/x-ndjson; charset=utf-8" };
/** How long an answer may take to end at our goodbye. */
const GOODBYE_MS = 500;

/** What the answers that never end are made from. */
export interface StreamingParts {
  readonly feed: Feed;
  readonly seats: Seats;
  readonly clock: Clock;
}

interface OpenAnswer {
  readonly response: ServerResponse;
  /** What is closed in the end: an answer that waits behind another has none of its own yet. */
  readonly socket: Socket;
  readonly handlers: ClientHandlers;
  readonly framing: Framing;
}

/** The answers that are open. Disposing hands over what waits and ends them. */
export interface Streaming extends AsyncDisposable {
  /** Adds `/api/events` (server-sent events), `/api/stream` (a record a line) and the contract of both and the socket. */
  addRoutes(app: FastifyInstance): void;
}

/** Makes them; nothing is open yet. */
export function openStreaming({ feed, seats, clock }: StreamingParts): Streaming {
  const answers = new Set<OpenAnswer>();
  const keepAlive = clock.every(KEEP_ALIVE_MS, () => {
    for (const { response, framing } of answers) if (!response.writableNeedDrain) response.write(KEEP_ALIVE[framing]);
  });
  const answer = (framing: "sse" | "ndjson") => (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const wanted = subscriptionOf(request.query as Query);
    const access = accessOf(request);
    const refusal = feed.refusal(wanted, access);
    if (refusal) throw refusal;
    const full = seats.refuses(request.ip);
    if (full) return problem(reply, full === "all" ? 503 : 429, "E_TOO_MANY", "no more connections are taken now");
    const response = begin(reply, framing);
    const seat = seats.take(request.ip);
    const { socket } = request.raw;
    const handlers = feed.open(wanted, access, wireOf(response, socket, framing), lastEventId(request));
    const open = { response, socket, handlers, framing };
    answers.add(open);
    whenDismissed(request.raw, () => void dismiss(open, clock));
    whenGone(request.raw, () => {
      answers.delete(open);
      seat[Symbol.dispose]();
      handlers.gone();
    });
    return reply;
  };
  let contract: string | undefined;
  return {
    addRoutes(app) {
      // HEAD would be answered by a stream that never ends.
      app.get(EVENTS_PATH, { exposeHeadRoute: false }, answer("sse"));
      app.get(STREAM_PATH, { exposeHeadRoute: false }, answer("ndjson"));
      app.get(CONTRACT_PATH, (_request, reply) => reply.type("application/json; charset=utf-8").send((contract ??= asyncApiText())));
    },
    async [Symbol.asyncDispose]() {
      keepAlive[Symbol.dispose]();
      await Promise.all([...answers].map((one) => end(one, clock)));
    },
  };
}

/** Sends the head; from now on the answer is ours. */
function begin(reply: FastifyReply, framing: Framing): ServerResponse {
  reply.type(CONTENT_TYPE[framing] ?? "").header("x-accel-buffering", "no").hijack();
  const { raw } = reply;
  raw.on("error", () => undefined);
  raw.writeHead(200, reply.getHeaders() as Record<string, string>);
  raw.flushHeaders();
  return raw;
}

function wireOf(response: ServerResponse, socket: Socket, framing: Framing): ClientWire {
  return {
    framing,
    bufferedBytes: () => response.writableLength,
    send(message, _binary, left) {
      if (!response.destroyed && !response.writableEnded) response.write(message, left);
    },
    close: () => void socket.destroy(),
  };
}

/** Where the last connection of a reader ended: browsers send it in a header, others may write it into the address. */
function lastEventId({ headers, query }: FastifyRequest): string | undefined {
  const given = headers["last-event-id"] ?? (query as Query)["lastEventId"];
  return typeof given === "string" ? given : undefined;
}

/** The last word of an answer whose reader may no longer stay. What still waits is not for him. */
async function dismiss(answer: OpenAnswer, clock: Clock): Promise<void> {
  await close(answer, answerMessage({ type: "error", code: "E_AUTH", message: DISMISSAL }).bytes(answer.framing), clock);
}

async function end(answer: OpenAnswer, clock: Clock): Promise<void> {
  answer.handlers.closing();
  await close(answer, "", clock);
}

async function close({ response, socket }: OpenAnswer, lastWord: Buffer | string, clock: Clock): Promise<void> {
  const over = deferred();
  response.end(lastWord, () => over.resolve());
  using _limit = clock.after(GOODBYE_MS, () => over.resolve());
  await over.promise;
  socket.destroy();
}
