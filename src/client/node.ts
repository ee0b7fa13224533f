import { WebSocket } from "ws";
import { systemClock, systemRandom } from "../core/clock.js";
import { SUBPROTOCOL } from "../core/topics.js";
import { socketUrl, withTicket } from "./address.js";
import { openClient } from "./client.js";
import type { ConnectOptions, FeedClient, SocketLike } from "./types.js";

/** Far above any record or picture. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * Connects to a server's feed, in Node; begins at once and comes back by itself until it is closed. Keeps the process
 * alive so long.
 * @param url of the server, such as `http://127.0.0.1:8420`
 * @throws TypeError when it is no address
 */
export function connect(url: string | URL, options: ConnectOptions = {}): FeedClient {
  const server = new URL(url);
  const makeSocket = async (): Promise<SocketLike> => {
    const ticket = await options.ticket?.();
    const { href } = ticket === undefined ? socketUrl(server) : withTicket(socketUrl(server), ticket);
    if (options.WebSocket) return new options.WebSocket(href, SUBPROTOCOL);
    const headers = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    return new WebSocket(href, SUBPROTOCOL, { headers, perMessageDeflate: false, maxPayload: MAX_MESSAGE_BYTES }) as SocketLike;
  };
  return openClient(makeSocket, options, { clock: systemClock, random: systemRandom });
}

export { decodeVideoFrame, type VideoFrame } from "../core/video-frame.js";
export type { ConnectionChange, ConnectionState, ConnectOptions, FeedClient, FeedEvents, SocketEvent, SocketLike } from "./types.js";
export type {
  ErrorMessage, EventRecord, FeedMessage, FrameRecord, GapRecord, Hello, LogRecord, Missed, Playback, Snapshot, StateRecord, StatsRecord, SubscribeInput, Subscribed,
} from "../wire/index.js";
