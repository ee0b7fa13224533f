import type { Clock } from "../core/clock.js";
import type { ErrorCode } from "../core/errors.js";
import { REQUEST_LIMITS, RECORD_VERSION, timeOfDay, toLine, type ClientRequest, type GapRecord, type Subscription } from "../wire/index.js";
import { requestBudget } from "./budget.js";
import type { KeptFrame, Position } from "./history.js";
import { textMessage } from "./message.js";
import type { Present } from "./present.js";
import { parseRequest, refusalOf, type Invalid } from "./requests.js";
import { covers, type Standing, type Subscriber } from "./subscriber.js";

/** What the feed does with a client. */
export interface ClientHandlers {
  /** A text message has come. */
  request(text: string): void;
  /** The server is about to say goodbye: hand over what still waits. */
  closing(): void;
  gone(): void;
}

/** What the feed lends to the handling of its clients. */
export interface ClientParts {
  readonly present: Present;
  readonly clock: Clock;
  readonly known: (stream: string) => boolean;
  /** Who watches what may have changed. */
  readonly changed: () => void;
  readonly left: (client: Subscriber) => void;
}

/** A subscription that is asked for; `since` says where the client stands in a stream. */
export interface Asked {
  readonly id: string;
  readonly wanted: Subscription;
  readonly since: ((stream: string) => Position | undefined) | undefined;
}

/** RFC 6455, 7.4.1: the client does what it may not. */
const CLOSE_POLICY = 1008;

/** Follows the requests of one client. */
export function clientHandlers(client: Subscriber, parts: ClientParts): ClientHandlers {
  const mayAsk = requestBudget(parts.clock);
  let isOver = false;
  return {
    request(text) {
      if (isOver) return;
      const request = parseRequest(text);
      if (mayAsk(request.type === "ack" ? "acknowledgement" : "request")) return follow(client, request, parts);
      isOver = true;
      client.close(CLOSE_POLICY, "too many requests");
    },
    closing: client.outbox.finish,
    gone() {
      isOver = true;
      client.release();
      parts.left(client);
      parts.changed();
    },
  };
}

function follow(client: Subscriber, request: ClientRequest | Invalid, parts: ClientParts): void {
  const refuse = (code: ErrorCode, message: string, id: string | undefined): void =>
    client.answer({ type: "error", code, message, ...(id !== undefined && { id }) });
  switch (request.type) {
    case "invalid":
      return refuse("E_REQUEST", request.message, request.id);
    case "ping":
      return client.answer({ type: "pong", ...(request.id !== undefined && { id: request.id }), serverTime: timeOfDay(parts.clock.wallMs()) });
    case "ack":
      return client.acknowledge(request.stream, request.frame);
    case "unsubscribe":
      if (!client.unsubscribe(request.id)) return refuse("E_REQUEST", `there is no subscription ${JSON.stringify(request.id)}`, request.id);
      client.answer({ type: "unsubscribed", id: request.id });
      return parts.changed();
    case "subscribe": {
      const { type: _, id, since, ...wanted } = request;
      const refusal = refusalOf(wanted, client.access, parts.known);
      if (refusal) return refuse(refusal.code, refusal.message, id);
      if (!client.has(id) && client.size >= REQUEST_LIMITS.subscriptions) {
        return refuse("E_REQUEST", `${REQUEST_LIMITS.subscriptions} subscriptions stand already; end one first`, id);
      }
      return startSubscription(client, { id, wanted, since: since && ((stream) => (Object.hasOwn(since, stream) ? since[stream] : undefined)) }, parts);
    }
  }
}

/** Begins a subscription that was allowed: says so, shows what is so now, and brings up what was missed. What comes next is live: nothing can come between, since this is one step. */
export function startSubscription(client: Subscriber, { id, wanted, since }: Asked, parts: ClientParts): void {
  const standing = client.subscribe(id, wanted);
  const position = (stream: string): Position | undefined => since?.(stream);
  client.answer({ type: "subscribed", id, ...wanted });
  client.answer(parts.present.snapshot(client, standing, (stream) => position(stream) !== undefined));
  if (since && wanted.topics.includes("detections")) catchUp(client, standing, position, parts);
  parts.changed();
}

function catchUp(client: Subscriber, { wanted, view }: Standing, position: (stream: string) => Position | undefined, { present, clock }: ClientParts): void {
  const kept: KeptFrame[] = [];
  for (const stream of present.names()) {
    const from = covers(wanted, stream) && client.sees(stream) ? position(stream) : undefined;
    const missed = from && present.of(stream)?.history.after(from);
    if (missed?.gone) {
      const gap: GapRecord = { v: RECORD_VERSION, type: "gap", stream, ...missed.gone, cause: "history_gone", at: timeOfDay(clock.wallMs()) };
      client.outbox.push(textMessage(toLine(gap), gap), wanted.queue);
    }
    if (missed) kept.push(...missed.kept);
  }
  for (const message of view.past(kept.sort((a, b) => a.seq - b.seq))) client.outbox.push(message, wanted.queue);
}
