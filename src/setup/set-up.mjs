import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "./build.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { lint } from "./lint.mjs";
import { stopWithNpm } from "./orphan.mjs";
import { SetUpError, runProgram, say } from "./program.mjs";
import { ensureChromium, ensureFfmpeg, ensureNatsServer, ensurePip, ensureRtspServer, ensureStrace } from "./system-packages.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Prepares a fresh clone for one of the commands and starts it in this very process, so that signals and the
 * terminal are its own.
 * Sets the exit status: 2 when the machine cannot be prepared, with what to do on stderr.
 * @param {readonly string[]} argv "demo", "test", "soak", "latency", "screenshots", "fuzz" or "peers", then that command's own arguments
 */
export async function start([command, ...args]) {
  stopWithNpm();
  try {
    if (command === "demo") await startDemo(args);
    else if (command === "test") await startTests(args);
    else if (command === "soak" || command === "latency") await startMeasurement(command, args);
    else if (command === "screenshots") await startScreenshots();
    else if (command === "fuzz") await startFuzz(args);
    else if (command === "peers") await startPeers(args);
    else throw new SetUpError(`no such command: ${command}. There are: demo, test, soak, latency, screenshots, fuzz, peers`);
  } catch (error) {
    if (!(error instanceof SetUpError)) throw error;
    console.error(`sightline: ${error.message}`);
    process.exitCode = 2;
  }
}

async function prepareMachine() {
  // FFmpeg first: who lacks the right to install it shall not wait a minute for npm before being told.
  await ensureFfmpeg();
  await ensureDependencies(root);
}

/** @param {string[]} args */
async function startDemo(args) {
  await prepareMachine();
  const { ok, output } = await build(root);
  if (!ok) throw new SetUpError(`the code does not compile:\n${output}`);
  const program = join(root, "dist", "programs", "cli.js");
  process.argv = [process.execPath, program, "demo", ...args];
  await import(pathToFileURL(program).href);
}

/**
 * Tells the tests with a camera which Python runs it; without this they are skipped.
 * @param {boolean} mayInstall
 */
async function findCamera(mayInstall) {
  const python = await ensureRtspServer(join(root, "test", "rig", "rtsp_server.py"), mayInstall);
  if (python !== undefined) process.env["GSTREAMER_PYTHON"] ??= python;
}

/**
 * Tells the tests with OpenVINO where it is; without this they are skipped. What is brought stays in the user's cache, by
 * the command that anybody would use.
 * @param {boolean} mayAdd
 */
async function findOpenvino(mayAdd) {
  /** @type {typeof import("../openvino/index.js")} */
  const openvino = await import(pathToFileURL(join(root, "dist", "src", "openvino", "index.js")).href);
  const find = () => {
    try {
      process.env["OPENVINO_PATH"] ??= openvino.findOpenvino().libraryPath;
      return true;
    } catch {
      return false;
    }
  };
  if (find() || !mayAdd) return;
  await ensurePip();
  say("OpenVINO is missing, adding it for the tests with it (sightline runtime add openvino)");
  const { status, output } = await runProgram([process.execPath, join(root, "dist", "programs", "cli.js"), "runtime", "add", "openvino"]);
  if (status !== 0 || !find()) say(`OpenVINO could not be added, the tests with it will be skipped: ${output.trim()}`);
}

/** @param {string[]} args */
async function startTests(args) {
  await prepareMachine();
  const whole = args.length === 0;
  const chromium = await ensureChromium(whole || args.some((name) => name.startsWith("dashboard")));
  // The browser tests read where it is; without this they are skipped.
  if (chromium !== undefined) process.env["CHROMIUM_PATH"] ??= chromium;
  await findCamera(whole);
  await ensureStrace(whole || args.some((name) => name.startsWith("log")));
  // The tests of the queue read where it is; without this they are skipped.
  const nats = await ensureNatsServer(whole || args.some((name) => name.startsWith("queue")));
  if (nats !== undefined) process.env["NATS_SERVER_PATH"] ??= nats;
  const [types, style] = await Promise.all([build(root), whole ? lint(root) : undefined]);
  await findOpenvino(whole || args.some((name) => /^(model|openvino|pool|session)/.test(name)));
  /** @type {typeof import("../../test/run/index.js")} */
  const runner = await import(pathToFileURL(join(root, "dist", "test", "run", "index.js")).href);
  process.exitCode = await runner.runTests(args, { types, ...(style && { lint: style }) });
}

/** Builds what a command of the tests is made of. */
async function buildWhole() {
  const { ok, output } = await build(root);
  if (!ok) throw new SetUpError(`the code does not compile:\n${output}`);
}

/** Takes the pictures of the page that the README shows. */
async function startScreenshots() {
  await prepareMachine();
  const chromium = await ensureChromium(true);
  if (chromium !== undefined) process.env["CHROMIUM_PATH"] ??= chromium;
  await buildWhole();
  /** @type {typeof import("../../test/dashboard/screenshots.js")} */
  const screenshots = await import(pathToFileURL(join(root, "dist", "test", "dashboard", "screenshots.js")).href);
  process.exitCode = await screenshots.takeScreenshots();
}

/**
 * Sends to the HTTP API what schemathesis makes of its document.
 * @param {string[]} args
 */
async function startFuzz(args) {
  await prepareMachine();
  await buildWhole();
  /** @type {typeof import("../../test/gateway/schemathesis.js")} */
  const fuzz = await import(pathToFileURL(join(root, "dist", "test", "gateway", "schemathesis.js")).href);
  process.exitCode = await fuzz.runFuzz(args);
}

/**
 * Runs other projects' pipelines and this one in turn.
 * @param {string[]} args
 */
async function startPeers(args) {
  await prepareMachine();
  await buildWhole();
  /** @type {typeof import("../../test/peers/command.js")} */
  const peers = await import(pathToFileURL(join(root, "dist", "test", "peers", "command.js")).href);
  process.exitCode = await peers.runPeers(args);
}

/**
 * The long forms of what the tests do for a minute, on cameras of the tests.
 * @param {"soak" | "latency"} command
 * @param {string[]} args
 */
async function startMeasurement(command, args) {
  await prepareMachine();
  await findCamera(true);
  if (process.env["GSTREAMER_PYTHON"] === undefined) throw new SetUpError(`npm run ${command} needs GStreamer's RTSP server`);
  await buildWhole();
  /** @type {typeof import("../../test/live/command.js")} */
  const measurement = await import(pathToFileURL(join(root, "dist", "test", "live", "command.js")).href);
  process.exitCode = await measurement.runCommand(command, args);
}
