#!/usr/bin/env node
import { main } from "./cli/main.js";

/** Leftover handles (a library's idle socket) may keep the process for this long after its work is done, ms. */
const LINGER_MS = 500;

process.exitCode = await main(process.argv.slice(2));
setTimeout(() => process.exit(), LINGER_MS).unref();
