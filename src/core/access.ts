import { ALL_STREAMS } from "./topics.js";

/** Who asks, and what that one may see. Every message in both directions is checked against it. */
export interface Access {
  /** admin may change things; viewer may look. */
  readonly role: "viewer" | "admin";
  /** Streams that may be seen. */
  readonly streams: readonly string[] | typeof ALL_STREAMS;
}

/** What everybody may do who can reach the server when it asks for no token. */
export const OPEN_ACCESS: Access = { role: "admin", streams: ALL_STREAMS };

/** What those may see who showed no token, where one is asked for: nothing but that the program lives. */
export const NO_ACCESS: Access = { role: "viewer", streams: [] };

/** Whether the stream, or that it exists, may be told. */
export const maySee = ({ streams }: Access, stream: string): boolean => streams === ALL_STREAMS || streams.includes(stream);
