/** The WebSocket subprotocol: the version of every request and message of the feed. */
export const SUBPROTOCOL = "sightline.v1";

/** What can be subscribed to. `video` = pictures, as binary messages; `log` = what the program tells its operator. */
export const TOPICS = ["detections", "events", "state", "stats", "log", "video"] as const;
/** One kind of data of a stream. */
export type Topic = (typeof TOPICS)[number];

/** Stands for every stream, also later ones. */
export const ALL_STREAMS = "*";
