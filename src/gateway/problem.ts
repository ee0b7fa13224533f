import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { asPipelineError, ERROR_TABLE, PipelineError, type ErrorCode } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";

/** One thing that is wrong with a request. */
export interface Fault {
  /** `body`, `querystring`, `params`, and the path in it as a JSON pointer: `body/detect/conf`. */
  readonly where: string;
  readonly detail: string;
}

/** Media type of an error, RFC 9457. */
export const PROBLEM_TYPE = "application/problem+json";

/** Answers with an error as RFC 9457 says: `detail` is one line without secrets. */
export function problem(reply: FastifyReply, status: number, code: ErrorCode, detail: string, faults?: readonly Fault[]): FastifyReply {
  // As text: a route's own schema knows nothing of its errors.
  return reply.code(status).type(CONTENT_TYPE).serializer(String).send(problemText(status, code, detail, faults));
}

const CONTENT_TYPE = `${PROBLEM_TYPE}; charset=utf-8`;

function problemText(status: number, code: ErrorCode, detail: string, faults?: readonly Fault[]): string {
  return JSON.stringify({ type: `urn:sightline:error:${code}`, title: ERROR_TABLE[code].what, status, detail, code, ...(faults && { faults }) });
}

/** What Node's parser complains of; anything else is a request that is none. */
const PARSER_CODES: Readonly<Record<string, readonly [status: number, code: ErrorCode, detail: string]>> = {
  HPE_HEADER_OVERFLOW: [431, "E_HTTP_SIZE", "the request's head is too long"],
  ERR_HTTP_REQUEST_TIMEOUT: [408, "E_REQUEST", "the request did not arrive in time"],
};

/** Answers what never became a request: there is no reply, only a connection, which is closed. */
export function answerUnreadable({ code = "" }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === "ECONNRESET" || socket.destroyed) return;
  const [status, ours, detail] = PARSER_CODES[code] ?? [400, "E_REQUEST", "this is no request of HTTP/1.1"];
  const body = problemText(status, ours, detail);
  if (!socket.writable) return void socket.destroy();
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, "Connection: close", `Content-Type: ${CONTENT_TYPE}`, `Content-Length: ${Buffer.byteLength(body)}`];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroy();
}

/** Status of the codes that a request can end with; any other is our own fault. */
const STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  E_CONFIG: 400,
  E_CONFIG_FILE: 409,
  E_FORBIDDEN: 403,
  E_HTTP_METHOD: 405,
  E_HTTP_NOT_FOUND: 404,
  E_HTTP_TYPE: 415,
  E_LABELS: 400,
  E_LOG_MISSING: 409,
  E_LOG_NONE: 409,
  E_NO_PICTURE: 409,
  E_NO_PLAYBACK: 409,
  E_NOT_READY: 503,
  E_PERSIST: 409,
  E_QUERY_MISSING: 409,
  E_QUERY_SLOW: 503,
  E_REPORT_UNKNOWN: 404,
  E_REQUEST: 400,
  E_SOURCE_FORBIDDEN: 403,
  E_SOURCE_MISSING: 400,
  E_SOURCE_SCHEME: 400,
  E_SOURCE_UNREADABLE: 400,
  E_STOPPED: 503,
  E_STREAM_STATE: 409,
  E_STREAM_TAKEN: 409,
  E_STREAM_UNKNOWN: 404,
  E_TOO_MANY: 429,
};

/** How long who is turned away for now should wait, s. */
const RETRY_AFTER_S = 1;

/** Answers with one of our errors. */
export function pipelineProblem(reply: FastifyReply, { code: own, message }: PipelineError, faults?: readonly Fault[]): FastifyReply {
  // What is wrong with a source is told as of a command line; here it is the request's.
  const code = own === "E_USAGE" ? "E_REQUEST" : own;
  const status = STATUS[code] ?? 500;
  if (status === 503 || status === 429) reply.header("retry-after", RETRY_AFTER_S);
  return problem(reply, status, code, message, faults);
}

/** Fastify's own errors, as ours. */
const FASTIFY_CODES: Readonly<Record<string, readonly [status: number, code: ErrorCode]>> = {
  FST_ERR_BAD_URL: [400, "E_REQUEST"],
  FST_ERR_MAX_PARAM_LENGTH: [414, "E_HTTP_SIZE"],
  FST_ERR_CTP_BODY_TOO_LARGE: [413, "E_HTTP_SIZE"],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [415, "E_HTTP_TYPE"],
};

/** Takes what a request failed with by our own fault, for whoever runs the program. */
export type FaultListener = (message: string, error: PipelineError) => void;

/** Answers with whatever a request has ended with. What is not the client's fault is told without its words: they may say anything. */
export function answerError(thrown: unknown, reply: FastifyReply, onFault: FaultListener): FastifyReply {
  const error: Partial<FastifyError> & Error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const answer = error instanceof PipelineError ? pipelineProblem(reply, error) : otherProblem(reply, error);
  if (answer.statusCode === 500) onFault(faultWords(reply.request, error), asPipelineError(error, "E_INTERNAL"));
  return answer;
}

/** The address as the route has it: what was asked for may hold a secret. */
function faultWords({ method, routeOptions }: FastifyRequest, { name, message, stack = "" }: Error): string {
  const [where = ""] = /\n\s+at .*/.exec(stack) ?? [];
  return redactUrl(`${method} ${routeOptions.url ?? "?"} was answered with 500: ${name}: ${message}${where.replace(/\s+/g, " ")}`);
}

function otherProblem(reply: FastifyReply, { code = "", statusCode = 500, message }: Partial<FastifyError> & Error): FastifyReply {
  const known = FASTIFY_CODES[code];
  if (known) return problem(reply, known[0], known[1], said(message));
  if (statusCode >= 400 && statusCode < 500) return problem(reply, statusCode, "E_REQUEST", said(message));
  return problem(reply, 500, "E_INTERNAL", "this should not have happened; the request was not carried out, or only in part");
}

const LONGEST_SAID = 200;
const said = (message: string): string => message.slice(0, LONGEST_SAID);

/** Answers all errors of a server as RFC 9457 says, those of Fastify included. To be called before its routes are added. */
export function answerWithProblems(app: FastifyInstance, onFault: FaultListener): void {
  const routes: Route[] = [];
  app.addHook("onRoute", ({ method, url }) => void routes.push({ methods: [method].flat(), pattern: patternOf(url) }));
  app.addHook("onRequest", async (request, reply) => {
    // Before a body is read that nobody asked for.
    if (request.is404) await answerNotFound(request, reply, routes);
  });
  app.setErrorHandler((error, _request, reply) => answerError(error, reply, onFault));
  app.setNotFoundHandler((request, reply) => answerNotFound(request, reply, routes));
}

interface Route {
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

/** `/a/:b/*` as an expression for whole paths. */
function patternOf(url: string): RegExp {
  const parts = url.split("/").map((part) => (part === "*" ? ".*" : part.startsWith(":") ? "[^/]+" : part.replace(/[^\w-]/g, "\\$&")));
  return new RegExp(`^${parts.join("/")}$`);
}

function answerNotFound({ method, raw }: FastifyRequest, reply: FastifyReply, routes: readonly Route[]): FastifyReply {
  const path = raw.url?.split("?")[0] ?? "";
  const methods = new Set(routes.filter(({ pattern }) => pattern.test(path)).flatMap((route) => route.methods));
  if (methods.size === 0 || methods.has(method)) return problem(reply, 404, "E_HTTP_NOT_FOUND", "nothing is served at this address");
  const allow = [...methods].sort().join(", ");
  return problem(reply.header("allow", allow), 405, "E_HTTP_METHOD", `only ${allow}`);
}
