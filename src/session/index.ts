export type { Notice, Session, SessionOptions, World } from "./session.js";
export { openSession } from "./open.js";
