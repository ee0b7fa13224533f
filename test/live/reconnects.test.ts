import { test } from "node:test";
import { requireRtspServer } from "../rig/rtsp-server.js";
import { cutAgainAndAgain } from "./reconnects.js";

/** A hundred are in the long tests. */
const TIMES = 15;

test(`${TIMES} reconnects in a row leave no process, descriptor, thread or slot behind`, { skip: process.platform !== "linux" && "SKIPPED: needs /proc" }, async (t) => {
  if (!requireRtspServer(t)) return;
  t.diagnostic(JSON.stringify(await cutAgainAndAgain(TIMES)));
});
