import type { Delivery, FanoutReport } from "./fanout.js";
import type { Spread } from "./rounds.js";

const number = (value: number): string => Math.round(value).toLocaleString("en-GB");
const kb = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`;
const range = ({ median, min, max }: Spread, digits = 0): string => {
  const text = (value: number): string => (digits === 0 ? number(value) : value.toFixed(digits));
  return `${text(median)} (${text(min)} to ${text(max)})`;
};

/** The report for a person. Pure. */
export function fanoutText(report: FanoutReport): string {
  const { machine, command, options, recordBytes, perIdleConnection, perSubscriber, steady, withSleepers, fastest, steps, pipelines } = report;
  const lines = [machine, `$ ${command}`, `records of ${options.objects} objects, ${number(recordBytes)} bytes; the clients are one other process on this machine`, ""];
  if (perIdleConnection) lines.push(`${number(options.idle)} idle connections: ${kb(perIdleConnection.rss)} resident, ${kb(perIdleConnection.held)} held for each`);
  lines.push(`${number(options.clients)} subscribers: ${kb(perSubscriber.held)} held for each`, "", ...deliveryLines(`${number(options.clients)} subscribers x ${options.rate}/s, ${options.seconds} s`, steady));
  if (withSleepers) {
    lines.push(...deliveryLines(`the same beside ${number(options.sleepers)} that never read`, withSleepers));
    lines.push(`  most that waited for one client ${kb(withSleepers.mostQueuedBytes)}; of those that never read ${withSleepers.sleepersConnected} were still connected at the end`);
  }
  lines.push(
    "",
    `as fast as possible: ${range(fastest.ours)} deliveries/s, ${range(fastest.oursUs, 1)} µs CPU each`,
    `bare ws broadcast:   ${range(fastest.bare)} deliveries/s, ${range(fastest.bareUs, 1)} µs CPU each`,
    `ratio: ${range(fastest.ratio, 2)} in deliveries, ${range(fastest.cpuRatio, 2)} in CPU`,
    "",
    ...steps.map(({ rate, reachedRate, p99Ms, lost, held }) => `${number(rate)}/s to each: ${number(reachedRate)}/s reached, p99 ${number(p99Ms)} ms, ${number(lost)} lost${held ? "" : ": here it breaks"}`),
  );
  if (pipelines) {
    const { file, live } = pipelines;
    lines.push("", `file pipeline: ${file.aloneFps.toFixed(1)} fps alone, ${file.besideFps.toFixed(1)} fps beside ${number(options.clients)} x ${options.rate}/s; ${file.disordered} out of order, ${file.lost} lost`);
    lines.push(`live pipeline: p99 ${live.aloneP99Ms.toFixed(0)} ms alone, ${live.watchedP99Ms.toFixed(0)} ms with ${live.subscribers} subscribers`);
  }
  return `${lines.join("\n")}\n`;
}

function deliveryLines(what: string, { published, clients, received, lost, disordered, latencyMs, grownBytes }: Delivery): string[] {
  const missing = published * clients - received;
  return [
    `${what}: ${number(received)} of ${number(published * clients)} delivered, ${number(missing)} missing (${number(lost)} told as gaps), ${disordered} out of order`,
    `  p50 ${latencyMs.p50} ms, p99 ${latencyMs.p99} ms, longest ${latencyMs.max} ms; the server's memory grew by ${kb(grownBytes)} over the second half`,
  ];
}
