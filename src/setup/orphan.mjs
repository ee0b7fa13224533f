/** Well under the two seconds in which a wanted stop has to be over. */
const LOOK_EVERY_MS = 200;

/**
 * Stops this process when npm is gone. A signal that goes to npm alone ends the shell between npm and us and never arrives
 * here, so that the program would run on with nobody knowing. Without npm (as a service, by hand) nothing is watched.
 */
export function stopWithNpm() {
  if (process.env["npm_lifecycle_event"] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, "SIGTERM");
  }, LOOK_EVERY_MS);
  timer.unref();
}
