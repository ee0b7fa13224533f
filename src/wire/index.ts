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
export { parseRecord, type ParsedRecord } from "./parse.js";
export { gapTally, type GapTally } from "./gap-tally.js";
export { RECORD_VERSION } from "./common.js";
export {
  frameRecordSchema,
  recordSchema,
  statsRecordSchema,
  type EventRecord,
  type FrameRecord,
  type GapRecord,
  type LogRecord,
  type StateRecord,
  type StatsRecord,
  type WireRecord,
} from "./records.js";
export { RECORD_SCHEMA_PATH, recordSchemaText } from "./schema-file.js";
export {
  filterSchema,
  REQUEST_LIMITS,
  requestSchema,
  subscriptionSchema,
  type ClientRequest,
  type ClientRequestInput,
  type Filter,
  type SubscribeInput,
  type Subscription,
} from "./requests.js";
export {
  messageSchema,
  playbackStateSchema,
  SPEED_LIMITS,
  type Answer,
  type ErrorMessage,
  type FeedMessage,
  type Hello,
  type Missed,
  type Playback,
  type PlaybackState,
  type Snapshot,
  type Subscribed,
} from "./messages.js";
export { ASYNCAPI_PATH, asyncApiText } from "./asyncapi.js";
export { MANUAL_PATH, withWireTables } from "./manual.js";
export { VIDEO_LAYOUT, type LayoutField } from "./video-layout.js";
