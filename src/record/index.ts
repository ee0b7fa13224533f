export {
  frameRecord,
  published,
  stateRecord,
  statsRecord,
  timeOfDay,
  toLine,
  type FrameContext,
  type Published,
} from "./make.js";
export { gapTally, type GapTally } from "./gap-tally.js";
export {
  RECORD_VERSION,
  recordSchema,
  type FrameRecord,
  type GapRecord,
  type StateRecord,
  type StatsRecord,
  type WireRecord,
} from "./schema.js";
export { RECORD_SCHEMA_PATH, recordSchemaText } from "./schema-file.js";
