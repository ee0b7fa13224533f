import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { REPORTS } from "../../src/query/index.js";
import { VERSION_1 } from "../query/rig.js";
import { runCli, startCli } from "../support/cli.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";

const asked = (...args: string[]) => runCli(["query", VERSION_1, ...args]);

test("sightline query prints a report as a table, with its units and its numbers under each other", async () => {
  const { code, stdout, stderr } = await asked("--report", "latency");
  assert.deepEqual([code, stderr], [0, ""]);
  assert.deepEqual(stdout.split("\n").map((line) => line.trimEnd()), [
    "stream  frames  p50 ms  p95 ms  p99 ms  max ms  mean queue ms  mean infer ms  mean order ms",
    "──────  ──────  ──────  ──────  ──────  ──────  ─────────────  ─────────────  ─────────────",
    "gate         4      55    68.5    69.7      70              3             21            0.1",
    "yard         2      30    30.0    30.0      30              1             18            0.0",
    "",
  ]);
});

test("sightline query gives CSV, JSON, Parquet and plots of reports and of SQL", async () => {
  const folder = temporaryFolder();
  const csv = await asked("--sql", "SELECT captured_at, label, score FROM objects WHERE stream = 'gate' ORDER BY frame LIMIT 2", "--format", "csv");
  assert.equal(csv.stdout, "captured_at,label,score\n2026-11-20T10:00:00.000Z,car,0.9\n2026-11-20T10:00:00.000Z,person,0.8\n");
  const json = await asked("--report", "gaps", "--format", "json");
  assert.deepEqual(JSON.parse(json.stdout), [{ stream: "gate", from: "2026-11-20T10:00:30.000Z", to: "2026-11-20T10:01:10.000Z", seconds: 40 }]);
  const parquet = join(folder, "objects.parquet");
  assert.equal((await asked("--sql", "FROM objects;", "--out", parquet)).code, 0);
  assert.equal(readFileSync(parquet).subarray(0, 4).toString(), "PAR1");
  const svg = join(folder, "classes.svg");
  assert.equal((await asked("--report", "classes", "--out", svg)).code, 0);
  const drawing = readFileSync(svg, "utf8");
  assert.ok(drawing.startsWith("<svg ") && drawing.endsWith("</svg>\n"));
  assert.equal(drawing.match(/<polyline /g)?.length, 4);
  assert.ok(drawing.includes(">person &quot;é&quot;</text>"));
  const bars = await asked("--plot", "terminal");
  assert.match(bars.stdout, /^objects\ngate {2}█+ 4\nyard {2}█+▌ 2\n$/);
});

test("sightline query says what is wrong: SQL with its place, reports by their names, times with examples", async () => {
  const folder = temporaryFolder();
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["--sql", "SELECT nothing FROM frames"], 1, /E_QUERY .*"nothing" not found.*\(near "nothing FROM frames"\)/],
    [["--sql", "FROM frames", "--since", "1h"], 2, /E_USAGE .*--since is for reports/],
    [["--report", "nope"], 2, new RegExp(`E_REPORT_UNKNOWN .*${REPORTS.map(({ name }) => name).join(", ")}`)],
    [["--since", "soon"], 2, /E_USAGE .*--since is "soon".*2026-11-20T10:30/],
    [["--format", "parquet"], 2, /E_USAGE .*--out FILE/],
    [["--format", "csv", "--out", join(folder, "not", "there.csv")], 1, /E_OUT_FOLDER/],
  ];
  for (const [args, status, words] of cases) {
    const { code, stderr } = await asked(...args);
    assert.equal(code, status, stderr);
    assert.match(stderr, words);
    assert.doesNotMatch(stderr, /\n\s+at /);
  }
  assert.ok(!existsSync(join(folder, "not")));
  const help = await runCli(["query", "--help"]);
  assert.ok(help.stdout.replace(/\s+/g, " ").includes(REPORTS.map(({ name }) => name).join(", ")), "--help names all reports");
});

test("Ctrl-C ends a query at once", async () => {
  const { child, done } = startCli(["query", VERSION_1, "--sql", "SELECT count(*) FROM range(1000000000000) a(x) WHERE hash(x) = 1"]);
  await until(() => readFileSync(`/proc/${child.pid}/maps`, "utf8").includes("libduckdb"), "the database to be loaded");
  child.kill("SIGINT");
  assert.equal((await done).code, 130);
});
