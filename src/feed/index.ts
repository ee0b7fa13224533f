export { openFeed, type ClientLoad, type Feed, type FeedOptions } from "./feed.js";
export type { ClientHandlers } from "./clients.js";
export type { FeedLimits } from "./limits.js";
export { answerMessage, type Framing } from "./message.js";
export type { ClientWire, OutboxLoad } from "./outbox.js";
export type { Latest } from "./present.js";
export { issuesText } from "./requests.js";
