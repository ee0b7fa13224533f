export { openFeed, type ClientHandlers, type Feed } from "./feed.js";
export type { ClientWire } from "./subscriber.js";
