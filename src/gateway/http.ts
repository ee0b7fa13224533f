import fastify, { type FastifyInstance } from "fastify";
import { PipelineError } from "../core/errors.js";
import type { StatsRecord } from "../wire/index.js";
import type { Asset } from "./assets.js";
import { hostAllowed } from "./guard.js";
import { answerError, answerWithProblems } from "./problem.js";

/** What the HTTP side is made of. */
export interface HttpOptions {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  readonly page: ReadonlyMap<string, Asset>;
  /** The newest figures of every stream. */
  readonly stats: () => readonly StatsRecord[];
  /** Adds further routes, before anything is listened to. */
  readonly routes?: (app: FastifyInstance) => void;
}

/** A bound server. Not listening for upgrades yet: see websocket.ts. */
export interface HttpServer extends AsyncDisposable {
  readonly server: FastifyInstance["server"];
  /** The port that was bound. */
  readonly port: number;
}

/** Headers that let the page load from here and nowhere else, and be framed by nobody. */
const SAFETY_HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
} as const;

/** A client that takes longer to send its request's head is cut off. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_URL_PARAMETER_LENGTH = 100;

/**
 * Serves the live page, its script and style, `/api/stats` and `/healthz`; GET and HEAD only.
 * @throws PipelineError E_PORT_TAKEN, E_SERVE
 */
export async function openHttpServer(options: HttpOptions): Promise<HttpServer> {
  const app = fastify({
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: MAX_URL_PARAMETER_LENGTH },
    frameworkErrors: (error, _request, reply) => void answerError(error, reply.headers(SAFETY_HEADERS)),
  });
  guard(app, options.host);
  answerWithProblems(app);
  routes(app, options);
  options.routes?.(app);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await app.close();
    throw listenError(error, options);
  }
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return { server: app.server, port, [Symbol.asyncDispose]: () => app.close().then(() => undefined) };
}

function guard(app: FastifyInstance, boundHost: string): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SAFETY_HEADERS);
    if (!hostAllowed(boundHost, request.headers.host)) {
      await reply.code(403).send({ error: "this address is not served under that host name" });
    }
  });
}

function routes(app: FastifyInstance, { page, stats }: HttpOptions): void {
  app.get("/", (_request, reply) => {
    const index = page.get("index.html");
    return index ? reply.type(index.contentType).send(index.body) : reply.callNotFound();
  });
  app.get<{ Params: { name: string } }>("/page/:name", (request, reply) => {
    const asset = page.get(request.params.name);
    return asset ? reply.type(asset.contentType).send(asset.body) : reply.callNotFound();
  });
  app.get("/api/stats", () => ({ streams: stats() }));
}

function listenError(error: unknown, { host, port }: HttpOptions): PipelineError {
  const system = error instanceof Error && "code" in error ? String(error.code) : String(error);
  if (system === "EADDRINUSE") {
    return new PipelineError("E_PORT_TAKEN", `port ${port} of ${host} is in use by another program`, { cause: error });
  }
  return new PipelineError("E_SERVE", `${host}:${port} can't be listened on (${system})`, { cause: error });
}
