import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { openAuth, type Auth } from "../auth/index.js";
import type { Clock } from "../core/clock.js";
import { PipelineError, type ErrorCode } from "../core/errors.js";
import { maySee, type Access } from "../core/access.js";
import { Closers } from "../core/lifetime.js";
import { z } from "../core/schema.js";
import type { VideoFrame } from "../core/video-frame.js";
import { openFeed, type ClientLoad, type Feed, type FeedLimits } from "../feed/index.js";
import type { PlaybackState, Published, WireRecord } from "../wire/index.js";
import { addApiRoutes } from "./api/api.js";
import { statsHistory } from "./api/stats-history.js";
import { addPageRoutes, loadPage } from "./assets.js";
import type { ApiSchemas, PlaybackControl, StreamControl } from "./control.js";
import { isLoopback } from "./guard.js";
import { addHealthRoutes } from "./health.js";
import { accessOf as httpAccessOf } from "./http-access.js";
import { openHttpServer } from "./http.js";
import { addMetricsRoute, gatewayMetrics } from "./metrics.js";
import type { ReportDesk } from "./reports.js";
import { openSeats, type SeatLimits } from "./seats.js";
import { openStreaming } from "./streaming.js";
import type { TlsFiles } from "./tls.js";
import { openSocketServer } from "./websocket.js";

/** Where and what to serve. */
export interface GatewayOptions {
  /** Address or name to bind; 127.0.0.1 = this machine only, 0.0.0.0 or :: = everybody who can reach it. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  /** Names of the streams that will come, for the greeting. */
  readonly streams?: readonly string[];
  /** The program's version, for the greeting. */
  readonly version: string;
  /** Who runs the streams; undefined while the program begins. Left out, nothing can be changed or asked of streams. */
  readonly control?: () => StreamControl | undefined;
  /** Who replays a log. Left out, there is nothing to play. */
  readonly playback?: PlaybackControl;
  /** The schemas of the settings. Left out, a stream may be told anything. */
  readonly schemas?: ApiSchemas;
  /** Answers about the log. Left out, there is none. */
  readonly reports?: ReportDesk;
  /** Who asks by HTTP; another one only where a test is somebody else. */
  readonly accessOf?: (request: FastifyRequest) => Access;
  /** More connections than this, sockets and streams together, are turned away with 503. */
  readonly maxClients?: number;
  /** The same for each address, with 429. Behind a proxy all have one. */
  readonly maxClientsPerAddress?: number;
  /** What the feed holds at most. */
  readonly feedLimits?: Partial<FeedLimits>;
  /** File with the tokens; null or left out = there are none. */
  readonly tokensFile?: string | null;
  /** Serves other machines without asking for a token. Of no effect where there are tokens. */
  readonly insecureNoAuth?: boolean;
  /** Names, without a port, under which this server is reached besides its own; `*` = any. */
  readonly allowedHosts?: readonly string[];
  /** Pages elsewhere that may use the API and the feed: `https://app.example`. */
  readonly allowedOrigins?: readonly string[];
  /** null or left out = in the clear. */
  readonly tls?: TlsFiles | null;
  /** Most connections at a time, in all and of one address. */
  readonly maxConnections?: number;
  readonly maxConnectionsPerAddress?: number;
  /** How long a request may take to arrive, ms: its head, and all of it. */
  readonly headTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

/** What a gateway needs from outside. */
export interface GatewayWorld {
  readonly clock: Clock;
  /** Told when the door stands open, and when tokens or certificate were read again or are wrong by now. */
  readonly notice?: (notice: GatewayNotice) => void;
}

/** Something that whoever runs the program should know. */
export interface GatewayNotice {
  readonly level: "info" | "warn" | "error";
  readonly code?: ErrorCode;
  readonly message: string;
}

/** The live page and the feed behind it. Nothing in it waits for a client; disposing takes less than a second. */
export interface Gateway extends AsyncDisposable {
  /** What to open in a browser. */
  readonly url: string;
  /** Clients connected now, by socket or stream. */
  readonly clientCount: number;
  /** What waits for each of them. */
  loads(): readonly ClientLoad[];
  /** Sends a record to every subscriber that wants it; keeps the newest stats of each stream for those who come later. */
  publish(published: Published): void;
  /** Sends a picture to those who watch the stream and have acknowledged their last one. The JPEG is not copied for each. */
  publishPicture(picture: VideoFrame): void;
  /** Tells everybody how the replay does; after a jump frame numbers may be lower than before. */
  tellPlayback(state: PlaybackState): void;
  /** How many clients watch the stream's pictures: with 0, no picture needs to be made. */
  watchers(stream: string): number;
  /** A stream has been removed: the greeting and the figures for those who come later leave it out. */
  forget(stream: string): void;
  /** Calls back when `watchers` may have changed. */
  onWatchersChange(listener: () => void): Disposable;
}

/** Each may cost up to 1.3 MB when it reads slowly, and 40 kB when it does not. */
const DEFAULT_SEATS: SeatLimits = { maxClients: 1024, maxClientsPerAddress: 256 };
/** Tells one start of the program from another. */
const INSTANCE_BYTES = 5;
const CONNECTION_DEFAULTS = { maxConnections: 1024, maxConnectionsPerAddress: 256, headTimeoutMs: 5000, requestTimeoutMs: 10_000 };
/** Bound to all addresses, a browser on this machine reaches us under this name. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]", ""]);

function urlOf(host: string, port: number, isTls: boolean): string {
  const name = WILDCARD_HOSTS.has(host) ? "localhost" : host;
  return `${isTls ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}/`;
}

/** Any stream, where nobody has said what one is. */
const ANY_STREAM: ApiSchemas = { stream: z.looseObject({ source: z.string() }), settings: {}, nearestKey: () => "source" };

/** What HTTP tells of streams beyond the feed: the API, health and figures. */
function apiOf(options: GatewayOptions, feed: Feed, clock: Clock) {
  const { version, control = () => undefined, playback, schemas = ANY_STREAM, accessOf = httpAccessOf, reports } = options;
  const history = statsHistory();
  const metrics = gatewayMetrics({ version, control, clients: () => feed.loads(), lostRecords: feed.lostRecords });
  return {
    addRoutes(app: FastifyInstance): void {
      app.get("/api/stats", (request) => ({ streams: feed.latestStats().filter(({ stream }) => maySee(accessOf(request), stream)) }));
      addHealthRoutes(app, { control, accessOf });
      addMetricsRoute(app, metrics, accessOf);
      addApiRoutes(app, { version, control, ...(playback && { playback }), accessOf, schemas, reports, history, feed, clock });
    },
    take(record: WireRecord): void {
      if (record.type === "stats") history.add(record);
      else if (record.type === "frame") metrics.frame(record);
    },
    forget(stream: string): void {
      history.forget(stream);
      metrics.forget(stream);
    },
  };
}

const seatLimits = ({ maxClients, maxClientsPerAddress }: GatewayOptions): SeatLimits => ({
  maxClients: maxClients ?? DEFAULT_SEATS.maxClients,
  maxClientsPerAddress: maxClientsPerAddress ?? Math.min(maxClients ?? Infinity, DEFAULT_SEATS.maxClientsPerAddress),
});

/**
 * Binds the address and serves until disposed.
 * @throws PipelineError E_PORT_TAKEN, E_SERVE, E_SERVE_OPEN, E_SERVE_TLS, E_TOKENS
 */
export async function openGateway(options: GatewayOptions, { clock, notice = () => undefined }: GatewayWorld): Promise<Gateway> {
  const closers = new Closers();
  try {
    return await open(options, clock, notice, closers);
  } catch (error) {
    await closers[Symbol.asyncDispose]();
    throw error;
  }
}

async function open(options: GatewayOptions, clock: Clock, notice: NonNullable<GatewayWorld["notice"]>, closers: Closers): Promise<Gateway> {
  const { version, host, tls = null, streams = [], feedLimits, allowedHosts = [], allowedOrigins = [] } = options;
  const tell = (message: string, error?: PipelineError): void => notice({ level: error ? "error" : "info", ...(error && { code: error.code }), message });
  const auth = closers.use(await openAuth({ tokensFile: options.tokensFile ?? null, notice: tell }, clock));
  refuseOpenDoor(options, auth, notice);
  const instance = randomBytes(INSTANCE_BYTES).toString("hex");
  const feed = closers.use(openFeed({ version, instance, streams, ...(feedLimits && { limits: feedLimits }) }, clock));
  const seats = openSeats(seatLimits(options));
  const streaming = openStreaming({ feed, seats, clock });
  const api = apiOf(options, feed, clock);
  const page = await loadPage();
  const http = closers.use(
    await openHttpServer(
      {
        ...CONNECTION_DEFAULTS, ...options, tls, auth, notice: tell,
        allowed: { hosts: allowedHosts.map((name) => name.toLowerCase()), origins: allowedOrigins.map((origin) => origin.toLowerCase()) },
        routes(app) {
          addPageRoutes(app, page);
          streaming.addRoutes(app);
          api.addRoutes(app);
        },
      },
      clock,
    ),
  );
  closers.use(streaming);
  closers.use(openSocketServer(http, { seats }, clock, (wire, access) => feed.welcome(wire, access)));
  return {
    url: urlOf(host, http.port, tls !== null),
    get clientCount() {
      return seats.taken;
    },
    loads: () => feed.loads(),
    publish(published) {
      feed.publish(published);
      api.take(published.record);
    },
    publishPicture: (picture) => feed.publishPicture(picture),
    tellPlayback: (state) => feed.playback(state),
    forget(stream) {
      feed.forget(stream);
      api.forget(stream);
    },
    watchers: (stream) => feed.watchers(stream),
    onWatchersChange: (listener) => feed.onWatchersChange(listener),
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}

/** Who can reach the address is not asked at this machine; anywhere else that has to be wanted in so many words. */
function refuseOpenDoor({ host, port, insecureNoAuth = false, tokensFile }: GatewayOptions, auth: Auth, notice: NonNullable<GatewayWorld["notice"]>): void {
  if (auth.asks || isLoopback(host)) return;
  if (!insecureNoAuth) {
    const where = tokensFile ? `there is no token in ${tokensFile}` : "there is no token";
    throw new PipelineError("E_SERVE_OPEN", `${host}:${port} can be reached from other machines, and ${where} (serve.tokensFile)`);
  }
  notice({ level: "warn", message: `THE DOOR IS OPEN: everybody who can reach ${host}:${port} sees and changes every stream (serve.insecureNoAuth)` });
}
