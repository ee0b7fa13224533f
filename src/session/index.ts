export type { ApiSupport, Notice, Session, SessionOptions, StreamOptions, World } from "./session.js";
export { openSession } from "./open.js";
