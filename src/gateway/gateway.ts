import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Access } from "../core/access.js";
import type { Clock } from "../core/clock.js";
import { Closers } from "../core/lifetime.js";
import { z } from "../core/schema.js";
import type { VideoFrame } from "../core/video-frame.js";
import { openFeed } from "../feed/index.js";
import type { Published, WireRecord } from "../wire/index.js";
import { addApiRoutes } from "./api/api.js";
import { recentRecords } from "./api/recent.js";
import { pictureWatch } from "./api/watch.js";
import { loadPage } from "./assets.js";
import type { ApiSchemas, StreamControl } from "./control.js";
import { addHealthRoutes } from "./health.js";
import { accessOf as httpAccessOf } from "./http-access.js";
import { openHttpServer } from "./http.js";
import { gatewayMetrics, addMetricsRoute, type FeedFigures } from "./metrics.js";
import { openSocketServer, type SocketServer } from "./websocket.js";

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
  /** More clients than this are turned away with 503. */
  readonly maxClients?: number;
}

/** The live page and the feed behind it. Nothing in it waits for a client; disposing takes less than a second. */
export interface Gateway extends AsyncDisposable {
  /** What to open in a browser. */
  readonly url: string;
  /** Clients connected now. */
  readonly clientCount: number;
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

const DEFAULT_MAX_CLIENTS = 64;
/** Bound to all addresses, a browser on this machine reaches us under this name. */
const WILDCARD_HOSTS: ReadonlySet<string> = new Set(["0.0.0.0", "::", "[::]", ""]);

function urlOf(host: string, port: number): string {
  const name = WILDCARD_HOSTS.has(host) ? "localhost" : host;
  return `http://${name.includes(":") ? `[${name}]` : name}:${port}/`;
}

/** Any stream, where nobody has said what one is. */
const ANY_STREAM: ApiSchemas = { stream: z.looseObject({ source: z.string() }), settings: {}, nearestKey: () => "source" };

/** What HTTP tells of streams beyond the feed: the API, health and figures. */
function apiOf(options: GatewayOptions, clock: Clock, feed: () => FeedFigures) {
  const { version, control = () => undefined, schemas = ANY_STREAM, accessOf = httpAccessOf } = options;
  const listeners = new Set<() => void>();
  const recent = recentRecords();
  const pictures = pictureWatch(() => listeners.forEach((listener) => listener()));
  const metrics = gatewayMetrics({ version, control, feed });
  return {
    pictures,
    addRoutes(app: FastifyInstance): void {
      addHealthRoutes(app, { control, accessOf });
      addMetricsRoute(app, metrics, accessOf);
      addApiRoutes(app, { version, control, accessOf, schemas, recent, pictures, clock });
    },
    take(record: WireRecord): void {
      recent.add(record);
      if (record.type === "frame") metrics.frame(record);
    },
    forget(stream: string): void {
      recent.forget(stream);
      metrics.forget(stream);
    },
    onWatchersChange(listener: () => void): Disposable {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
  };
}

/**
 * Binds the address and serves until disposed.
 * @throws PipelineError E_PORT_TAKEN, E_SERVE
 */
export async function openGateway(options: GatewayOptions, { clock }: { readonly clock: Clock }): Promise<Gateway> {
  const closers = new Closers();
  const feed = openFeed(options.version, options.streams ?? [], clock);
  const late: { sockets?: SocketServer } = {};
  const api = apiOf(options, clock, () => ({ clients: late.sockets?.clientCount ?? 0, queuedBytes: 0, lostRecords: 0 }));
  const { host, port } = options;
  const http = closers.use(await openHttpServer({ host, port, page: await loadPage(), stats: () => feed.latestStats(), routes: api.addRoutes }));
  const limits = { boundHost: options.host, maxClients: options.maxClients ?? DEFAULT_MAX_CLIENTS };
  const sockets = (late.sockets = closers.use(openSocketServer(http.server, limits, clock, (wire) => feed.welcome(wire))));
  return {
    url: urlOf(options.host, http.port),
    get clientCount() {
      return sockets.clientCount;
    },
    publish(published) {
      feed.publish(published);
      api.take(published.record);
    },
    publishPicture(picture) {
      feed.publishPicture(picture);
      api.pictures.offer(picture);
    },
    forget(stream) {
      feed.forget(stream);
      api.forget(stream);
    },
    watchers: (stream) => feed.watchers(stream) + api.pictures.count(stream),
    onWatchersChange(listener) {
      const [ofFeed, ofApi] = [feed.onWatchersChange(listener), api.onWatchersChange(listener)];
      return {
        [Symbol.dispose]() {
          ofFeed[Symbol.dispose]();
          ofApi[Symbol.dispose]();
        },
      };
    },
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}
