import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { FastifyRequest } from "fastify";
import type { Access } from "../../../src/core/access.js";
import { systemClock } from "../../../src/core/clock.js";
import type { ReportDesk } from "../../../src/gateway/index.js";
import { reportDesk } from "../../../src/session/reports.js";
import { VERSION_1 } from "../../query/rig.js";
import { temporaryFolder } from "../../support/pool.js";
import { openTestGateway } from "../clients.js";

/** Who asks stands in a header: the streams that he may see; without it all. */
const accessOf = ({ headers }: FastifyRequest): Access => ({ role: "viewer", streams: typeof headers["x-streams"] === "string" ? headers["x-streams"].split(",") : "*" });

interface Answer {
  readonly status: number;
  readonly body: { readonly code?: string; readonly detail?: string; readonly rows?: readonly (readonly unknown[])[]; readonly unavailable?: string | null; readonly reports?: readonly { readonly name: string }[] };
}

async function opened(reports: ReportDesk): Promise<AsyncDisposable & { ask(path: string, streams?: string): Promise<Answer> }> {
  const gateway = await openTestGateway({ reports, accessOf });
  return {
    async ask(path, streams) {
      const answer = await fetch(new URL(`/api/v1/reports${path}`, gateway.url), { headers: streams === undefined ? {} : { "x-streams": streams } });
      return { status: answer.status, body: (await answer.json()) as Answer["body"] };
    },
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

function logOfVersion1(): string {
  const log = join(temporaryFolder(), "d.jsonl");
  copyFileSync(VERSION_1, log);
  return log;
}

test("reports are given of the streams that may be seen, and of no others", async () => {
  using desk = reportDesk(logOfVersion1(), systemClock);
  await using api = await opened(desk);
  const names = (await api.ask("")).body.reports?.map(({ name }) => name);
  assert.deepEqual(names, ["busiest", "classes", "uptime", "gaps", "latency", "seen"]);
  const streams = async (path: string, who?: string): Promise<unknown> => (await api.ask(path, who)).body.rows?.map(([stream]) => stream);
  assert.deepEqual(await streams("/busiest"), ["gate", "yard"]);
  assert.deepEqual(await streams("/busiest", "yard"), ["yard"]);
  assert.deepEqual(await streams("/busiest", ""), []);
  assert.deepEqual(await streams("/busiest?stream=gate"), ["gate"]);
  assert.deepEqual(await streams("/busiest?since=2026-11-20T10:00:30Z"), ["gate"]);
  assert.deepEqual((await api.ask("/classes?step=1h&stream=gate")).body.rows, [["2026-11-20T10:00:00.000Z", "car", 3], ["2026-11-20T10:00:00.000Z", "person", 1]]);
  const refused = await api.ask("/busiest?stream=gate", "yard");
  assert.deepEqual([refused.status, refused.body.code], [404, "E_STREAM_UNKNOWN"]);
});

test("what can't be asked is refused with a problem, and SQL is nothing that can be asked", async () => {
  using desk = reportDesk(logOfVersion1(), systemClock);
  await using api = await opened(desk);
  const cases: readonly (readonly [string, number, string])[] = [["/nope", 404, "E_REPORT_UNKNOWN"], ["/seen?since=soon", 400, "E_REQUEST"], ["/seen?sql=SELECT%201", 400, "E_REQUEST"], ["/classes?step=0s", 400, "E_REQUEST"]];
  for (const [path, status, code] of cases) {
    const answer = await api.ask(path);
    assert.deepEqual([answer.status, answer.body.code], [status, code], path);
  }
  assert.deepEqual((await api.ask("/seen?stream=gate'%20OR%201=1--")).body.rows, []);
});

test("where no log is written, that is what is answered", async () => {
  for (const [path, why] of [[null, /writes no log/], ["-", /standard output/]] as const) {
    using desk = reportDesk(path, systemClock);
    await using api = await opened(desk);
    const { status, body } = await api.ask("/busiest");
    assert.deepEqual([status, body.code], [409, "E_LOG_NONE"]);
    assert.match(body.detail ?? "", why);
    assert.match((await api.ask("")).body.unavailable ?? "", why);
  }
});

test("one report is made at a time, few may wait, and none is made for who has gone", async () => {
  using desk = reportDesk(logOfVersion1(), systemClock);
  const gone = new AbortController();
  const asked = Array.from({ length: 5 }, () => desk.answer("seen", {}, gone.signal).then(() => "given", (error: { code: string }) => error.code));
  gone.abort();
  assert.deepEqual(await Promise.all(asked), ["E_STOPPED", "E_STOPPED", "E_STOPPED", "E_STOPPED", "E_TOO_MANY"]);
  assert.equal((await desk.answer("seen", {}, new AbortController().signal)).rows.length, 4);
});
