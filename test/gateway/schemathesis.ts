import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { project } from "../support/paths.js";
import { startCli } from "../support/cli.js";

/** The version that this was tried with. */
const SCHEMATHESIS = "schemathesis==4.32.5";
const PROGRAM_TIMEOUT_MS = 3_600_000;

/**
 * `npm run fuzz -- [arguments of schemathesis]`: sends what schemathesis makes of the OpenAPI document to a real server. It
 * comes from PyPI into a folder of its own under the system's temporary folder, unless SCHEMATHESIS names its program `st`.
 * @returns the exit status: 0 when nothing was a 5xx and all was as the document says
 */
export async function runFuzz(args: readonly string[]): Promise<number> {
  const st = process.env["SCHEMATHESIS"] ?? install();
  const folder = mkdtempSync(join(tmpdir(), "sightline-fuzz-"));
  const file = join(folder, "settings.yaml");
  const street = { source: project("samples", "street.mp4"), sourceOptions: { realtime: true, loop: true } };
  writeFileSync(file, `# Streams come and go here.\ninference: { workers: 1 }\nstreams:\n  street: ${JSON.stringify(street)}\n`);
  const server = startCli(["run", "--config", file], { env: { SIGHTLINE_SERVE_PORT: "0" }, timeoutMs: PROGRAM_TIMEOUT_MS, cwd: folder });
  try {
    const url = /http:\/\/\S+/.exec(await server.saying(/live page: http\S+\n/))![0];
    // Pictures without an end have no end to wait for.
    const what = ["run", `${url}api/v1/openapi.json`, "--exclude-path", "/api/v1/streams/{name}/mjpeg", "--checks", "all", "--request-timeout", "30", "--generation-database", "none"];
    const fuzz = spawn(st, [...what, ...args], { stdio: "inherit", cwd: folder });
    const [status] = (await once(fuzz, "exit")) as [number | null];
    const lives = (await fetch(`${url}healthz`).catch(() => undefined))?.status === 200;
    if (!lives) console.error("the server did not live to the end");
    return lives ? (status ?? 1) : 1;
  } finally {
    server.child.kill("SIGTERM");
    await server.done;
    rmSync(folder, { recursive: true, force: true });
  }
}

function install(): string {
  const folder = join(tmpdir(), "sightline-schemathesis");
  const st = join(folder, "bin", "st");
  if (existsSync(st)) return st;
  execFileSync("python3", ["-m", "venv", folder], { stdio: "inherit" });
  execFileSync(join(folder, "bin", "pip"), ["install", "--quiet", SCHEMATHESIS], { stdio: "inherit" });
  return st;
}
