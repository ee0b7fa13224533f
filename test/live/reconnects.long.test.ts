import { test } from "node:test";
import { requireRtspServer } from "../rig/rtsp-server.js";
import { cutAgainAndAgain } from "./reconnects.js";

test("100 reconnects in a row leave no process, descriptor, thread, slot or memory behind", { skip: process.platform !== "linux" && "SKIPPED: needs /proc" }, async (t) => {
  if (!requireRtspServer(t)) return;
  t.diagnostic(JSON.stringify(await cutAgainAndAgain(100)));
});
