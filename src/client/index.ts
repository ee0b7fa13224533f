import { systemClock, systemRandom } from "../core/clock.js";
import { SUBPROTOCOL } from "../core/topics.js";
import { socketUrl, ticketUrl, withTicket } from "./address.js";
import { openClient } from "./client.js";
import type { ConnectOptions, FeedClient, SocketLike } from "./types.js";

/**
 * Connects to a server's feed, in a browser; begins at once and comes back by itself until it is closed.
 * @param url of the server, such as `http://127.0.0.1:8420`; may be relative to the page
 * @throws TypeError when it is no address
 */
export function connect(url: string | URL, options: ConnectOptions = {}): FeedClient {
  const server = new URL(url, globalThis.location?.href);
  const Socket = options.WebSocket ?? globalThis.WebSocket;
  const makeSocket = async (): Promise<SocketLike> => {
    const ticket = await ticketOf(server, options);
    const address = ticket === undefined ? socketUrl(server) : withTicket(socketUrl(server), ticket);
    return new Socket(address.href, SUBPROTOCOL);
  };
  return openClient(makeSocket, options, { clock: systemClock, random: systemRandom });
}

/** A browser's socket carries no token: it is changed into a ticket first. */
async function ticketOf(server: URL, { token, ticket }: ConnectOptions): Promise<string | undefined> {
  if (ticket || token === undefined) return ticket?.();
  const answer = await fetch(ticketUrl(server), { method: "POST", headers: { authorization: `Bearer ${token}` } });
  if (!answer.ok) throw new Error(`the server gave no ticket (${answer.status})`);
  return ((await answer.json()) as { ticket: string }).ticket;
}

export { decodeVideoFrame, type VideoFrame } from "../core/video-frame.js";
export type { ConnectionChange, ConnectionState, ConnectOptions, FeedClient, FeedEvents, SocketEvent, SocketLike } from "./types.js";
export type {
  ErrorMessage, EventRecord, FeedMessage, FrameRecord, GapRecord, Hello, LogRecord, Missed, Playback, Snapshot, StateRecord, StatsRecord, SubscribeInput, Subscribed,
} from "../wire/index.js";
