export { openReplay, type Replay, type ReplayOptions, type ReplayWorld } from "./replay.js";
