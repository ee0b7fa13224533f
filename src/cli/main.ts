import { ERROR_TABLE } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import { runProgram, type Actions } from "./program.js";
import { coded, errorText, stackText } from "./report-error.js";
import { statusOf, type Stop } from "./stop.js";
import { openTerminal } from "./terminal.js";

/** Each command's code, with all the libraries it needs, is loaded when it is called. */
const actionsWith = (stop: Stop): Actions => ({
  run: async (sources, given) =>
    given["supervise"] === true ? (await import("./supervise.js")).supervise(process.argv.slice(2), stop) : (await import("./run.js")).run(sources, given, stop),
  detect: async (pictures, given) => (await import("./detect.js")).detect(pictures, given, stop),
  eval: async (_, given) => (await import("./eval.js")).evalCommand(given, stop),
  demo: async (_, given) => (await import("./demo.js")).demo(given, stop),
  probe: async ([source], given) => (await import("./probe.js")).probe(source, given, stop),
  bench: async ([source], given) => (await import("./bench.js")).bench(source, given, stop),
  export: async (logs, given) => (await import("./export.js")).exportCommand(logs, given, stop),
  render: async (words, given) => (await import("./render.js")).render(words, given, stop),
  models: async (words, given) => (await import("./models.js")).models(words, given, stop),
  runtime: async (words, given) => (await import("./runtime.js")).runtime(words, given, stop),
  worker: async (_, given) => (await import("./worker.js")).worker(given, stop),
  replay: async (logs, given) => (await import("./replay.js")).replay(logs, given, stop),
  log: async (words, given) => (await import("./log.js")).log(words, given, stop),
  query: async (logs, given) => (await import("./query.js")).query(logs, given, stop),
  // What these have begun needs no end of its own: a signal ends them as it ends any program.
  devices: async (_, given) => {
    stop.release();
    return (await import("./devices.js")).devices(given);
  },
  check: async ([source], given) => {
    stop.release();
    return (await import("./check.js")).check(source, given);
  },
  token: async (words, given) => {
    stop.release();
    return (await import("./token.js")).token(words, given);
  },
});

/**
 * The command line, from arguments to exit status. Never throws: an error becomes one line on stderr and a status of
 * the table of errors; a stack trace follows only under --verbose.
 */
export async function main(args: readonly string[], stop: Stop): Promise<number> {
  hideSecretArguments(args);
  try {
    return await runProgram(args, actionsWith(stop));
  } catch (thrown) {
    const error = coded(thrown);
    using terminal = openTerminal();
    terminal.say(errorText(error, terminal.paint));
    if (args.includes("--verbose")) terminal.say(stackText(thrown));
    if (error.code === "E_STOPPED" && stop.by !== null) return statusOf(stop.by);
    return ERROR_TABLE[error.code].exit;
  }
}

/**
 * The list of processes is open to everybody at the machine: a password typed there is taken out of it. (It was readable
 * until now, and the shell may remember it: a settings file is the place for passwords.)
 */
function hideSecretArguments(args: readonly string[]): void {
  const shown = args.map(redactAddress);
  if (shown.some((arg, i) => arg !== args[i])) process.title = ["sightline", ...shown].join(" ");
}
