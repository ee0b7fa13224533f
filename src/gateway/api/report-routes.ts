import type { FastifyInstance, FastifyRequest } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { maySee } from "../../core/access.js";
import { PipelineError } from "../../core/errors.js";
import { z } from "../../core/schema.js";
import { ALL_STREAMS } from "../../core/topics.js";
import { whenGone } from "../connections.js";
import type { ReportDesk } from "../reports.js";
import type { ApiDeps } from "./deps.js";
import { json, problems } from "./schemas.js";

const TAGS = ["reports"];
const NO_LOG = "nothing here writes a log";
/** No moment and no name is longer. */
const LONGEST = 64;
const moment = z.string().min(1).max(LONGEST);

const info = { name: z.string(), title: z.string(), help: z.string().describe("What it tells."), hasStep: z.boolean().describe("Whether step means something to it.") };
const reportsSchema = z.object({ reports: z.array(z.object(info)), unavailable: z.string().nullable().describe("Why none can be made now; null = they can.") });
const reportSchema = z.object({
  ...info,
  columns: z.array(z.object({ name: z.string(), kind: z.enum(["time", "number", "text", "other"]) })),
  rows: z.array(z.array(z.unknown())).describe("A value for each column; times are ISO 8601 in UTC."),
  hasMore: z.boolean().describe("Whether there would be more rows: ask for less time, or a longer step."),
  troubles: z.array(z.string()).describe("What of the log could not be read."),
});
const reportParams = z.object({ name: z.string().min(1).max(LONGEST).describe("Name of the report.") });
const reportQuerystring = z.strictObject({
  since: moment.exactOptional().describe("From then on: 2026-11-20, 2026-11-20T10:30:00Z, or how long ago: 90s, 15m, 2h, 7d."),
  until: moment.exactOptional().describe("Before then."),
  stream: moment.exactOptional().describe("Only this stream."),
  step: z.string().min(1).max(LONGEST).exactOptional().describe("Length of a row's time: 30s, 1m, 15m, 1h, 1d."),
});

/** Ready answers about the log that is being written. */
export function addReportRoutes(app: FastifyInstance, deps: ApiDeps): void {
  const api = app.withTypeProvider<ZodTypeProvider>();
  api.get("/reports", { schema: { tags: TAGS, operationId: "listReports", summary: "Reports that there are", response: { ...json(200, reportsSchema, "The reports."), ...problems() } } }, async () => {
    const { reports, unavailable } = (await deps.reports?.list()) ?? { reports: [], unavailable: NO_LOG };
    return { reports: reports.map((one) => ({ ...one })), unavailable };
  });
  api.get(
    "/reports/:name",
    { schema: { tags: TAGS, operationId: "getReport", summary: "A report about the log", description: "Of the streams that may be seen. One report is made at a time, and for 30 s at most.", params: reportParams, querystring: reportQuerystring, response: { ...json(200, reportSchema, "The report."), ...problems(404, 409) } } },
    async (request) => {
      const { stream, ...wish } = request.query;
      const streams = visibleStreams(request, stream, deps);
      // Nobody waits for the answer any more when the asker has gone.
      const asking = new AbortController();
      using _gone = whenGone(request.raw, () => asking.abort());
      const found = await deskOf(deps).answer(request.params.name, { ...wish, ...(streams && { streams }) }, asking.signal);
      return { ...found, columns: found.columns.map((column) => ({ ...column })), rows: found.rows.map((row) => [...row]), troubles: [...found.troubles] };
    },
  );
}

function deskOf({ reports }: ApiDeps): ReportDesk {
  if (reports === undefined) throw new PipelineError("E_LOG_NONE", NO_LOG);
  return reports;
}

/** The streams to ask about; undefined = all. The log may know streams that are no longer here. */
function visibleStreams(request: FastifyRequest, stream: string | undefined, { accessOf }: ApiDeps): readonly string[] | undefined {
  const access = accessOf(request);
  if (stream !== undefined) {
    if (!maySee(access, stream)) throw new PipelineError("E_STREAM_UNKNOWN", `there is no stream ${stream}`);
    return [stream];
  }
  return access.streams === ALL_STREAMS ? undefined : access.streams;
}
