export { specsOf, type StreamSpec } from "./specs.js";
export type { ApiSupport, Notice, Session, SessionOptions, StreamOptions, World } from "./session.js";
export type { Pulse } from "./pulse.js";
export { NO_GATE, type GateSettings } from "./gate.js";
export { openSession } from "./open.js";
