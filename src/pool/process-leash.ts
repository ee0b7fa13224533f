import { Socket } from "node:net";
import { LEASH_FD } from "./messages.js";

/*
 * A thread of the model process that does nothing but hold the leash: a pipe whose other end only the parent has. When that
 * closes the parent is gone, however it went, and this process with it, also from the middle of a run that never ends.
 */
new Socket({ fd: LEASH_FD }).on("error", () => undefined).on("close", () => process.kill(process.pid, "SIGKILL")).resume();
