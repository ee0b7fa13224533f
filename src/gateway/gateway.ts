import { randomBytes } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Access } from "../core/access.js";
import type { Clock } from "../core/clock.js";
import { Closers } from "../core/lifetime.js";
import { z } from "../core/schema.js";
import type { VideoFrame } from "../core/video-frame.js";
import { openFeed, type ClientLoad, type Feed, type FeedLimits } from "../feed/index.js";
import type { Published, WireRecord } from "../wire/index.js";
import { addApiRoutes } from "./api/api.js";
import { statsHistory } from "./api/stats-history.js";
import { loadPage } from "./assets.js";
import type { ApiSchemas, StreamControl } from "./control.js";
import { addHealthRoutes } from "./health.js";
import { accessOf as httpAccessOf } from "./http-access.js";
import { openHttpServer } from "./http.js";
import { addMetricsRoute, gatewayMetrics } from "./metrics.js";
import { openSeats, type SeatLimits } from "./seats.js";
import { openStreaming } from "./streaming.js";
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
  /** The schemas of the settings. Left out, a stream may be told anything. */
  readonly schemas?: ApiSchemas;
  /** Who asks by HTTP; another one only where a test is somebody else. */
  readonly accessOf?: (request: FastifyRequest) => Access;
  /** More connections than this, sockets and streams together, are turned away with 503. */
  readonly maxClients?: number;
  /** The same for each address, with 429. Behind a proxy all have one. */
  readonly maxClientsPerAddress?: number;
  /** What the feed holds at most. */
  readonly feedLimits?: Partial<FeedLimits>;
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
/** Bound to all addresses, a browser on this machine reaches us under this name. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]", ""]);

function urlOf(host: string, port: number): string {
  const name = WILDCARD_HOSTS.has(host) ? "localhost" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/`;
}

/** Any stream, where nobody has said what one is. */
const ANY_STREAM: ApiSchemas = { stream: z.looseObject({ source: z.string() }), settings: {}, nearestKey: () => "source" };

/** What HTTP tells of streams beyond the feed: the API, health and figures. */
function apiOf(options: GatewayOptions, feed: Feed, clock: Clock) {
  const { version, control = () => undefined, schemas = ANY_STREAM, accessOf = httpAccessOf } = options;
  const history = statsHistory();
  const metrics = gatewayMetrics({ version, control, clients: () => feed.loads() });
  return {
    addRoutes(app: FastifyInstance): void {
      addHealthRoutes(app, { control, accessOf });
      addMetricsRoute(app, metrics, accessOf);
      addApiRoutes(app, { version, control, accessOf, schemas, history, feed, clock });
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
 * @throws PipelineError E_PORT_TAKEN, E_SERVE
 */
export async function openGateway(options: GatewayOptions, { clock }: { readonly clock: Clock }): Promise<Gateway> {
  const closers = new Closers();
  const { version, host, port, streams = [] } = options;
  const instance = randomBytes(INSTANCE_BYTES).toString("hex");
  const feed = closers.use(openFeed({ version, instance, streams, ...(options.feedLimits && { limits: options.feedLimits }) }, clock));
  const seats = openSeats(seatLimits(options));
  const streaming = openStreaming({ feed, seats, clock });
  const api = apiOf(options, feed, clock);
  const addRoutes = (app: FastifyInstance): void => {
    streaming.addRoutes(app);
    api.addRoutes(app);
  };
  const http = closers.use(await openHttpServer({ host, port, page: await loadPage(), stats: () => feed.latestStats(), routes: addRoutes }));
  closers.use(streaming);
  closers.use(openSocketServer(http.server, { boundHost: host, seats }, clock, (wire, access) => feed.welcome(wire, access)));
  return {
    url: urlOf(options.host, http.port),
    get clientCount() {
      return seats.taken;
    },
    loads: () => feed.loads(),
    publish(published) {
      feed.publish(published);
      api.take(published.record);
    },
    publishPicture: (picture) => feed.publishPicture(picture),
    forget(stream) {
      feed.forget(stream);
      api.forget(stream);
    },
    watchers: (stream) => feed.watchers(stream),
    onWatchersChange: (listener) => feed.onWatchersChange(listener),
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}
