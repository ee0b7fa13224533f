import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { FrameRecord } from "../../src/wire/index.js";
import { startCli } from "../support/cli.js";
import { assertWholeLog, wholeLines } from "../support/log.js";
import { project } from "../support/paths.js";
import { until } from "../support/until.js";
import { requireNats, startBroker } from "./nats-server.js";

const CLIP = project("samples", "street.mp4");

/** Value of a metric's line, summed over its labels. */
const metric = (text: string, name: string): number => [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, "gm"))].reduce((sum, [, value]) => sum + Number(value), 0);

test("two live streams go on while workers are killed and the broker is away; late frames are told, none is unaccounted for", async (t) => {
  if (!requireNats(t)) return;
  await using broker = await startBroker();
  const folder = mkdtempSync(join(tmpdir(), "sightline-queue-live-"));
  const out = join(folder, "log.jsonl");
  const live = `{ source: ${CLIP}, sourceOptions: { realtime: true, loop: true } }`;
  writeFileSync(join(folder, "s.yaml"), `streams:\n  gate: ${live}\n  yard: ${live}\nlive: { maxFps: 5 }\n`);
  const startWorker = () => startCli(["worker", "--nats", broker.url, "--workers", "1"], { timeoutMs: 300_000 });
  const first = startWorker();
  const running = startCli(["run", "--config", join(folder, "s.yaml"), "--mode", "queue", "--nats", broker.url, "--serve", "0", "--out", out], { cwd: folder, timeoutMs: 300_000 });
  const records = (): FrameRecord[] => wholeLines(out).map((line) => JSON.parse(line) as FrameRecord).filter(({ type }) => type === "frame");
  const detected = (): number => records().filter(({ outcome }) => outcome === "detected").length;
  const more = async (what: string): Promise<void> => {
    const before = detected();
    await until(() => detected() >= before + 10, `ten more detected frames ${what}`, 60_000);
  };
  let second: ReturnType<typeof startWorker> | undefined;
  try {
    const page = /live page: (\S+)/.exec(await running.saying(/live page: \S+/))![1]!.replace(/\/?$/, "/");
    await more("with a worker");
    assert.equal((await fetch(`${page}readyz`)).status, 200);
    first.child.kill("SIGKILL");
    await first.done;
    second = startWorker();
    await more("after the worker was killed and replaced");
    await broker.kill();
    await running.saying(/the connection to the broker is lost/);
    await broker.start();
    await more("after the broker came back");
    const metrics = await (await fetch(`${page}metrics`)).text();
    assert.ok(metric(metrics, "sightline_queue_connections_total") >= 2, metrics.split("\n").filter((line) => line.startsWith("sightline_queue")).join("\n"));
    assert.equal(metric(metrics, "sightline_sink_up"), 1);
  } finally {
    running.child.kill("SIGTERM");
    const { code, stderr } = await running.done;
    second?.child.kill("SIGKILL");
    assert.equal(code, 0, stderr);
  }
  // Every number is a record or told as skipped.
  const frames = readFileSync(out, "utf8").split("\n").filter((line) => line.includes('"type":"frame"'));
  writeFileSync(out, `${frames.join("\n")}\n`);
  assertWholeLog(out);
  const outcomes = records().reduce<Record<string, number>>((sum, { outcome }) => ({ ...sum, [outcome]: (sum[outcome] ?? 0) + 1 }), {});
  t.diagnostic(JSON.stringify(outcomes));
});
