import { z } from "../core/schema.js";
import { STREAM_STATES } from "../core/stream-state.js";

/** Version of the records. New optional fields may come within a version; a changed meaning is a new one. */
export const RECORD_VERSION = 1;

/** A whole number from 0. */
export const count = z.int().nonnegative();
/** A duration, ms. */
export const durationMs = z.number().nonnegative();
/** A moment of the wall clock. */
export const timeOfDay = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/)
  .meta({ format: "date-time", description: "Time of day, ISO 8601 in UTC with milliseconds." });
/** Version of a record. */
export const version = z.literal(RECORD_VERSION).describe("Version of the record's meaning.");
/** Name of a stream. */
export const stream = z.string().min(1).describe("Name of the stream, as the operator gave it.");
/** Number of a connection. */
export const epoch = z.int().positive().describe("1 for the first connection, one more at each reconnect or change of picture size.");
/** Number of a frame. */
export const frameNumber = count.describe("Counted from 0 in decode order; only rises, is never given twice, gaps are skipped frames.");
/** State of a stream. */
export const state = z
  .enum(STREAM_STATES)
  .describe("connecting: no frame yet; stalled: connected and silent; blocked: we are too busy to read; reconnecting: waiting or connecting again; paused: told to rest.");
/** Code of an error. */
export const errorCode = z.string().regex(/^E_[A-Z0-9_]+$/).describe("Code of the error; the README lists them.");
/** Name of a class. */
export const label = z.string().describe("Name of the class; its number where the model has no names.");
