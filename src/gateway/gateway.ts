import type { Clock } from "../core/clock.js";
import { Closers } from "../core/lifetime.js";
import type { VideoFrame } from "../core/video-frame.js";
import { openFeed } from "../feed/index.js";
import type { Published } from "../wire/index.js";
import { loadPage } from "./assets.js";
import { openHttpServer } from "./http.js";
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

/**
 * Binds the address and serves until disposed.
 * @throws PipelineError E_PORT_TAKEN, E_SERVE
 */
export async function openGateway(options: GatewayOptions, { clock }: { readonly clock: Clock }): Promise<Gateway> {
  const closers = new Closers();
  const feed = openFeed(options.version, options.streams ?? [], clock);
  const http = closers.use(
    await openHttpServer({ host: options.host, port: options.port, page: await loadPage(), stats: () => feed.latestStats() }),
  );
  const limits = { boundHost: options.host, maxClients: options.maxClients ?? DEFAULT_MAX_CLIENTS };
  const sockets = closers.use(openSocketServer(http.server, limits, clock, (wire) => feed.welcome(wire)));
  return {
    url: urlOf(options.host, http.port),
    get clientCount() {
      return sockets.clientCount;
    },
    publish: (published) => feed.publish(published),
    publishPicture: (picture) => feed.publishPicture(picture),
    forget: (stream) => feed.forget(stream),
    watchers: (stream) => feed.watchers(stream),
    onWatchersChange: (listener) => feed.onWatchersChange(listener),
    [Symbol.asyncDispose]: () => closers[Symbol.asyncDispose](),
  };
}
