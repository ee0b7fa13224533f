import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { measureLatency } from "./latency.js";
import { brokenBounds } from "./soak-bounds.js";
import { soak } from "./soak.js";

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** `npm run soak`, `npm run latency`: the long forms of what the tests do for a minute. Returns the exit status. */
export async function runCommand(name: "soak" | "latency", args: readonly string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), "sightline-soak-"));
  say(`${cpus().length} x ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`);
  try {
    return name === "soak" ? await runSoak(args, folder) : await runLatency(args, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A positive number of an option. */
function positive(option: string, text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new TypeError(`--${option} is ${JSON.stringify(text)}; a number above 0 is needed`);
  return value;
}

async function runSoak(args: readonly string[], folder: string): Promise<number> {
  const { values } = parseArgs({ args: [...args], options: { minutes: { type: "string" }, overload: { type: "boolean", default: false } } });
  const { overload } = values;
  const minutes = positive("minutes", values.minutes ?? (overload ? "10" : "60"));
  say(`${overload ? "overload" : "cameras in trouble"} for ${minutes} min`);
  const report = await soak({ minutes, overload, folder, say });
  say(JSON.stringify(report, null, 2));
  const broken = brokenBounds(report, overload);
  for (const line of broken) say(`BROKEN ${line}`);
  if (broken.length === 0) say("all bounds hold");
  return broken.length === 0 ? 0 : 1;
}

async function runLatency(args: readonly string[], folder: string): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "60" }, loads: { type: "string", default: "1" }, size: { type: "string", default: "640x360" },
      codec: { type: "string", default: "h264" }, transport: { type: "string", default: "tcp" },
    },
  });
  const { codec, transport } = values;
  const [widthPx = 0, heightPx = 0] = values.size.split("x").map(Number);
  if (codec !== "h264" && codec !== "h265" && codec !== "mjpeg") throw new TypeError(`--codec is ${codec}; there are h264, h265, mjpeg`);
  say(`from the camera's send to our publication, ${values.size} ${codec} over ${transport}, ms`);
  say("fps  frames  p50  p95  p99  longest  skipped  unknown");
  let unknown = 0;
  for (const fps of [15, 30]) {
    const frames = Math.round(fps * positive("seconds", values.seconds));
    const plan = { camera: { widthPx, heightPx, fps, codec } as const, frames, loads: Number(values.loads), folder, source: { rtspTransport: transport } };
    const report = await measureLatency(plan);
    say([fps, report.frames, report.p50, report.p95, report.p99, report.longest, report.skipped, report.unknown].join("  "));
    unknown += report.unknown;
  }
  return unknown === 0 ? 0 : 1;
}
