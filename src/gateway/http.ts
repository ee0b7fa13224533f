import fastifyHelmet from "@fastify/helmet";
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Server } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Auth } from "../auth/index.js";
import type { Clock } from "../core/clock.js";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { Closers } from "../core/lifetime.js";
import { guests, limitConnections, type ConnectionLimits } from "./connections.js";
import { guardRequests, guardUpgrades, type DoorRules, type UpgradeHandler } from "./door.js";
import { isLoopback, type Allowed } from "./guard.js";
import { addLoginRoutes } from "./login.js";
import { answerError, answerUnreadable, answerWithProblems } from "./problem.js";
import { readTls, reloadTls, type TlsFiles } from "./tls.js";

/** What the HTTP side is made of. */
export interface HttpOptions extends ConnectionLimits {
  readonly host: string;
  /** 0 = any free one. */
  readonly port: number;
  /** null = in the clear. */
  readonly tls: TlsFiles | null;
  readonly allowed: Allowed;
  /** How long a request may take to arrive, ms: its head, and all of it. */
  readonly headTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly auth: Auth;
  readonly notice: (message: string, error?: PipelineError) => void;
  /** Adds what is served; every request to it has passed the door. */
  readonly routes: (app: FastifyInstance) => void | Promise<void>;
}

/** A bound server. */
export interface HttpServer extends AsyncDisposable {
  readonly server: FastifyInstance["server"];
  /** The port that was bound. */
  readonly port: number;
  /** Takes the upgrades that the door has let in; before, they are turned away. Call it once. */
  onUpgrade(handler: UpgradeHandler): void;
}

/** Lets the page load from here and nowhere else, and be framed by nobody. */
const PAGE_POLICY = {
  defaultSrc: ["'none'"], scriptSrc: ["'self'"], styleSrc: ["'self'"], imgSrc: ["'self'"], connectSrc: ["'self'"],
  baseUri: ["'none'"], formAction: ["'none'"], frameAncestors: ["'none'"],
};
/** How often it is asked whether logins are over. */
const REVIEW_MS = 10_000;
const HSTS_SECONDS = 30 * 86_400;

const KEEP_ALIVE_TIMEOUT_MS = 10_000;
const TLS_HANDSHAKE_TIMEOUT_MS = 10_000;
/** Most of a request's body, and of its head, bytes; more gets 413 and 431. */
const BODY_LIMIT_BYTES = 64 * 1024;
const HEAD_LIMIT_BYTES = 16 * 1024;
const MOST_HEADERS = 100;
const MAX_URL_PARAMETER_LENGTH = 100;

/**
 * Serves what `routes` adds, and the login, behind one door.
 * @throws PipelineError E_PORT_TAKEN, E_SERVE, E_SERVE_TLS
 */
export async function openHttpServer(options: HttpOptions, clock: Clock): Promise<HttpServer> {
  const { auth, tls } = options;
  const app = await makeApp(options);
  const closers = new Closers();
  closers.defer(() => app.close());
  const inside = guests();
  const review = (): void => inside.review((identity) => auth.holds(identity));
  closers.use(auth.onChange(review));
  closers.use(clock.every(REVIEW_MS, review));
  const rules: DoorRules = { boundHost: options.host, allowed: options.allowed, auth, guests: inside };
  const handleUpgrade: { current: UpgradeHandler | undefined } = { current: undefined };
  limitConnections(app.server, options, tls !== null);
  app.server.maxHeadersCount = MOST_HEADERS;
  app.server.on("upgrade", guardUpgrades(rules, (request, socket, head) => (handleUpgrade.current ? handleUpgrade.current(request, socket, head) : socket.destroy())));
  try {
    await addHeaders(app, tls !== null && !isLoopback(options.host));
    guardRequests(app, rules);
    // Only JSON is taken for a body.
    app.removeContentTypeParser("text/plain");
    answerWithProblems(app, options.notice);
    await addLoginRoutes(app, auth, tls !== null);
    await options.routes(app);
    await app.listen({ host: options.host, port: options.port });
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error instanceof PipelineError ? error : listenError(error, options);
  }
  if (tls !== null) closers.use(reloadTls(app.server as SecureServer, tls, clock, options.notice));
  const address = app.server.address();
  const port = typeof address === "object" && address ? address.port : options.port;
  return { server: app.server, port, onUpgrade: (handler) => (handleUpgrade.current = handler), [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose]() };
}

async function makeApp({ tls, notice, headTimeoutMs, requestTimeoutMs }: HttpOptions): Promise<FastifyInstance> {
  // Node looks for requests that take too long only every 30 s unless told otherwise.
  const parser = { maxHeaderSize: HEAD_LIMIT_BYTES, headersTimeout: headTimeoutMs, requestTimeout: requestTimeoutMs, connectionsCheckingInterval: Math.min(1000, headTimeoutMs) };
  const common = {
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { maxParamLength: MAX_URL_PARAMETER_LENGTH },
    frameworkErrors: (error: FastifyError, _request: FastifyRequest, reply: FastifyReply) => answerError(error, reply, notice),
    clientErrorHandler: answerUnreadable,
  };
  if (tls === null) return fastify({ ...common, http: parser });
  const secure = { ...parser, ...(await readTls(tls)), minVersion: "TLSv1.2" as const, handshakeTimeout: TLS_HANDSHAKE_TIMEOUT_MS };
  return fastify<Server>({ ...common, https: secure } as never);
}

async function addHeaders(app: FastifyInstance, isSecure: boolean): Promise<void> {
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: { useDefaults: false, directives: PAGE_POLICY },
    // Not no-referrer: a form's Origin would be "null" then, and the door could not tell our own from a foreign one.
    referrerPolicy: { policy: "same-origin" },
    xFrameOptions: { action: "deny" },
    strictTransportSecurity: isSecure ? { maxAge: HSTS_SECONDS, includeSubDomains: false } : false,
  });
  app.addHook("onRequest", async (_request, reply) => void reply.header("cache-control", "no-store"));
}

function listenError(error: unknown, { host, port }: HttpOptions): PipelineError {
  const system = systemCodeOf(error);
  if (system === "EADDRINUSE") {
    return new PipelineError("E_PORT_TAKEN", `port ${port} of ${host} is in use by another program`, { cause: error });
  }
  return new PipelineError("E_SERVE", `${host}:${port} can't be listened on (${system})`, { cause: error });
}
