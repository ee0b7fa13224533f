#!/usr/bin/env node
import { listenForStop } from "./cli/stop.js";

/** Leftover handles (a library's idle socket) may keep the process for this long after its work is done, ms. */
const LINGER_MS = 500;

// Before anything else is loaded, so that a signal in the first moments is a wish like any other.
const stop = listenForStop();
const { main } = await import("./cli/main.js");
process.exitCode = await main(process.argv.slice(2), stop);
// A stop that was asked for ends here and now: letting the loop run empty would give signals back to the system first, and
// one more of them, a moment before the end, would turn the clean stop into an end by that signal.
if (stop.by !== null) process.exit();
setTimeout(() => process.exit(), LINGER_MS).unref();
