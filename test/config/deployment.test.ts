import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { parse } from "yaml";
import { FLAGS, type Flag } from "../../src/cli/flags.js";
import { loadSettings } from "../../src/config/index.js";
import { project } from "../support/paths.js";

const text = (...path: string[]): string => readFileSync(project(...path), "utf8");
const has = (program: string): boolean => spawnSync(program, ["--version"]).status === 0;

/** Checks that a command and its flags are ones that the command line knows. */
function assertCommand([name = "", ...args]: readonly string[], where: string): void {
  const flags: readonly Flag[] | undefined = (FLAGS as Record<string, readonly Flag[]>)[name];
  assert.ok(flags, `${where}: there is no command ${name}`);
  for (const arg of args.filter((one) => one.startsWith("--"))) {
    assert.ok(flags.some((flag) => flag.flags.split(/[ ,]+/).includes(arg)), `${where}: ${name} has no ${arg}`);
  }
}

test("the systemd unit is one that systemd takes", { skip: has("systemd-analyze") ? false : "SKIPPED: no systemd-analyze" }, () => {
  const copy = join(mkdtempSync(join(tmpdir(), "sightline-unit-")), "sightline.service");
  // It looks whether the program is there.
  writeFileSync(copy, text("config", "sightline.service").replace("/usr/bin/node", process.execPath));
  const { status, stderr } = spawnSync("systemd-analyze", ["verify", copy], { encoding: "utf8" });
  assert.deepEqual([status, stderr], [0, ""]);
});

test("the unit says what the program relies on, and runs a command that there is", () => {
  const lines = text("config", "sightline.service").split("\n");
  const value = (key: string): string | undefined => lines.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
  assert.deepEqual([value("Type"), value("NotifyAccess"), value("KillMode")], ["notify", "all", "mixed"]);
  assert.ok(Number(value("TimeoutStopSec")) > 5, "a clean stop may take 5 s");
  assert.ok(Number(value("WatchdogSec")) >= 60, "a model run may take 30 s, and a sign of life comes twice in the time");
  const [node, program, ...command] = (value("ExecStart") ?? "").split(" ");
  assert.deepEqual([node, program], ["/usr/bin/node", "/opt/sightline/dist/programs/cli.js"]);
  assertCommand(command, "ExecStart");
});

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** Instructions of a Dockerfile, continued lines joined, comments left out. */
function instructionsOf(dockerfile: string): Instruction[] {
  const lines = dockerfile.split("\n").filter((line) => !line.startsWith("#")).join("\n").replace(/\\\n/g, " ").split("\n");
  return lines.filter((line) => line.trim() !== "").map((line) => ({ word: line.split(" ", 1)[0] ?? "", rest: line.slice(line.indexOf(" ") + 1) }));
}

test("the image copies what is there, runs as nobody special, is asked for its health, and starts a command that there is", async () => {
  const all = instructionsOf(text("config", "Dockerfile"));
  const last = all.slice(all.findLastIndex(({ word }) => word === "FROM"));
  const only = (word: string): string => last.find((one) => one.word === word)?.rest ?? "";
  assert.match(only("USER"), /^[1-9]\d*$/);
  assert.match(only("HEALTHCHECK"), /CMD \["node", .*\/healthz/);
  assert.match(only("ENTRYPOINT"), /^\["tini", "--", "sightline"\]$/);
  assertCommand(JSON.parse(only("CMD")) as string[], "CMD");
  const ignore = text(".dockerignore").split("\n");
  for (const { rest } of all.filter(({ word, rest }) => word === "COPY" && !rest.includes("--from"))) {
    for (const path of rest.split(" ").slice(0, -1)) {
      assert.ok(existsSync(project(path)), `COPY ${path}: there is no such file`);
      assert.ok(ignore.includes(`!${path}`), `COPY ${path}: .dockerignore leaves it out`);
    }
  }
  const environment = Object.fromEntries(only("ENV").split(" ").map((one) => one.split("=", 2) as [string, string]));
  const { serve } = await loadSettings({ environment, flags: [] });
  assert.deepEqual([serve?.host, serve?.port], ["0.0.0.0", 8420]);
});

const MB = 1e6;
/**
 * What the image has besides our files, MB: debian:bookworm-slim, Node 22's program, FFmpeg and ffprobe (each no more than
 * FFmpeg's own libraries in Debian's package together), and the packages that are installed.
 */
const OTHERS_MB = 75 + 125 + 2 * 32 + 15;

test("what the image copies stays below 400 MB with all else that is in it", (t) => {
  const lock = JSON.parse(text("package-lock.json")) as { packages: Record<string, { dev?: boolean }> };
  // DuckDB comes in only with --build-arg QUERY=yes.
  assert.match(text("config", "Dockerfile"), /^ARG QUERY=no$/m);
  const needed = Object.entries(lock.packages).filter(([path, { dev }]) => path !== "" && dev !== true && !path.startsWith("node_modules/@duckdb/") && existsSync(project(path)));
  const ours = [...needed.map(([path]) => path), "dist/src", "samples/street.mp4", "samples/street.onnx"];
  const bytes = ours.reduce((sum, path) => sum + sizeOf(project(path)), 0);
  t.diagnostic(`${Math.round(bytes / MB)} MB of ours and ${OTHERS_MB} MB of others`);
  assert.ok(needed.length > 50, `only ${needed.length} packages`);
  assert.ok(bytes / MB + OTHERS_MB < 400, `${Math.round(bytes / MB)} MB of ours and ${OTHERS_MB} MB of others`);
});

/** What the Dockerfile deletes. */
const LEFT_OUT = [/\.map$/, /\.d\.[cm]?ts$/, /\.md$/, /fluent-ffmpeg\/(coverage|doc)\//, /rxjs\/src\//, /zod\/src\//];

function sizeOf(path: string): number {
  const about = statSync(path);
  if (about.isFile()) return LEFT_OUT.some((pattern) => pattern.test(path)) ? 0 : about.size;
  // Packages inside a package stand in the lockfile by themselves.
  if (/onnxruntime-node\/bin\/[^/]+\/[^/]+\/[^/]+$/.test(path) && !path.endsWith(`/linux/${process.arch}`)) return 0;
  return readdirSync(path).filter((name) => name !== "node_modules").reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

interface Service {
  readonly image: string;
  readonly command: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly configs?: readonly { readonly source: string }[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly deploy?: { readonly replicas: number };
  readonly healthcheck?: object;
}

test("the compose file is whole: every name in it is one of it, only this machine reaches the page, two workers ask the broker", () => {
  const file = parse(text("config", "compose.yaml"), { merge: true }) as Readonly<Record<"services" | "networks" | "volumes" | "configs", Record<string, Service>>>;
  const { nats, sightline, worker } = file.services;
  assert.ok(nats && sightline && worker);
  for (const [name, service] of Object.entries(file.services)) {
    for (const other of Object.keys(service.depends_on ?? {})) assert.ok(other in file.services, `${name} depends on ${other}`);
    for (const network of service.networks) assert.ok(network in file.networks, `${name}: network ${network}`);
    for (const { source } of service.configs ?? []) assert.ok(source in file.configs, `${name}: config ${source}`);
    for (const volume of service.volumes ?? []) assert.ok(volume.startsWith("../") || (volume.split(":")[0] ?? "") in file.volumes, `${name}: volume ${volume}`);
    for (const port of service.ports ?? []) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, `${name}: port ${port}`);
  }
  assert.ok("healthcheck" in nats);
  assertCommand(sightline.command, "sightline");
  if ("worker" in FLAGS) assertCommand(worker.command, "worker");
  assert.equal(worker.deploy?.replicas, 2);
  assert.deepEqual(worker.command.slice(0, 3), ["worker", "--nats", sightline.environment?.["SIGHTLINE_INFERENCE_QUEUE_URL"]]);
  assert.equal(worker.command.at(-1), sightline.command[sightline.command.indexOf("--model") + 1], "both sides have to have the same model");
});
