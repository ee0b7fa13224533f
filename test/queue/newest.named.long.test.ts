import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { chance } from "../rig/chance.js";
import { temporaryFolder } from "../support/pool.js";
import { proveQueue } from "./proof.js";

/** The newest NATS server wants about this Go. */
const OLDEST_GO = [1, 24] as const;

function goProgram(): string | undefined {
  try {
    const [, major = "0", minor = "0"] = /go(\d+)\.(\d+)/.exec(execFileSync("go", ["version"], { encoding: "utf8" })) ?? [];
    return Number(major) > OLDEST_GO[0] || Number(minor) >= OLDEST_GO[1] ? "go" : undefined;
  } catch {
    return undefined;
  }
}

test("the newest NATS server carries the same frames, with a worker killed and a restart", async (t) => {
  const go = goProgram();
  if (go === undefined) return t.skip(`SKIPPED: needs Go ${OLDEST_GO.join(".")} or newer to build the newest nats-server`);
  const folder = temporaryFolder();
  try {
    execFileSync(go, ["install", "-p", "1", "github.com/nats-io/nats-server/v2@latest"], { env: { ...process.env, GOBIN: folder, GOFLAGS: "-modcacherw" }, stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    return t.skip(`SKIPPED: the newest nats-server can't be built here: ${String(error).slice(0, 300)}`);
  }
  const program = join(folder, "nats-server");
  assert.ok(existsSync(program));
  t.diagnostic(execFileSync(program, ["--version"], { encoding: "utf8" }).trim());
  const figures = await proveQueue({ framesPerStream: 1000, streams: 4, kills: 2, brokerRestarts: 1, brokerAwayMs: 500, random: chance(3), program });
  t.diagnostic(JSON.stringify(figures));
  assert.ok(figures.connections >= 2);
});
