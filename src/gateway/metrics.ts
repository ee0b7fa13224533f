import type { FastifyInstance, FastifyRequest } from "fastify";
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Access } from "../core/access.js";
import { STREAM_STATES } from "../core/stream-state.js";
import type { ClientLoad } from "../feed/index.js";
import type { FrameRecord } from "../wire/index.js";
import type { StreamControl } from "./control.js";
import { everyStreamOnly } from "./http-access.js";
import { queueFigures } from "./queue-metrics.js";

/** What is measured. */
export interface MetricsSources {
  readonly version: string;
  readonly control: () => StreamControl | undefined;
  /** What waits for each client of the feed; they are shown all together, a client has no series of its own. */
  readonly clients: () => readonly Pick<ClientLoad, "framing" | "queuedBytes" | "socketBytes">[];
  /** Frame records that clients have lost so far, those that are gone too. */
  readonly lostRecords: () => number;
}

/** The figures of the program as Prometheus reads them. */
export interface GatewayMetrics {
  /** Counts a frame's times. */
  frame(record: FrameRecord): void;
  /** A stream was removed: its series end. */
  forget(stream: string): void;
  /** The text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** From 1 ms to 10 s: a model takes 5 to 500 ms, a camera's way through the house under a second, trouble longer. */
const BUCKETS_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STAGES = ["queue", "normalise", "infer", "decode", "order"] as const;
const MS = 1000;
const FRAMINGS: readonly ClientLoad["framing"][] = ["socket", "sse", "ndjson"];

/** These are gauges whose names say `_total`, which Prometheus' own linter refuses. */
const MISNAMED = ["nodejs_active_handles_total", "nodejs_active_requests_total", "nodejs_active_resources_total"];

/** The process's own figures (memory, processor time, event loop delay, garbage collection), made once: they watch the process. */
function processRegistry(): Registry {
  if (ofProcess === undefined) {
    ofProcess = new Registry();
    collectDefaultMetrics({ register: ofProcess });
    for (const name of MISNAMED) ofProcess.removeSingleMetric(name);
  }
  return ofProcess;
}
let ofProcess: Registry | undefined;

/** Begins to measure. */
export function gatewayMetrics(sources: MetricsSources): GatewayMetrics {
  const registry = new Registry();
  const process = processRegistry();
  const stages = new Histogram({ name: "sightline_stream_stage_duration_seconds", help: "Duration of each stage of a detected frame.", labelNames: ["stream", "stage"], buckets: BUCKETS_S, registers: [registry] });
  const latency = new Histogram({ name: "sightline_stream_latency_seconds", help: "Capture to publish.", labelNames: ["stream"], buckets: BUCKETS_S, registers: [registry] });
  new Gauge({ name: "sightline_build_info", help: "Which program this is; always 1.", labelNames: ["version"], registers: [registry] }).set({ version: sources.version }, 1);
  const refresh = [...streamFigures(registry), ...otherFigures(registry)];
  return {
    contentType: registry.contentType,
    frame({ stream, timesMs }) {
      for (const stage of STAGES) {
        const tookMs = timesMs[stage];
        if (tookMs !== undefined) stages.observe({ stream, stage }, tookMs / MS);
      }
      latency.observe({ stream }, timesMs.total / MS);
    },
    forget(stream) {
      latency.remove({ stream });
      for (const stage of STAGES) stages.remove({ stream, stage });
    },
    async text() {
      for (const one of refresh) one(sources);
      return `${await registry.metrics()}\n${await process.metrics()}`;
    },
  };
}

type Refresh = (sources: MetricsSources) => void;

/** Counters that are counted elsewhere: they are set anew when somebody asks, so that streams that are gone have no series. */
function streamFigures(registry: Registry): Refresh[] {
  const registers = [registry];
  const decoded = new Counter({ name: "sightline_stream_decoded_frames_total", help: "Frames that were decoded and numbered.", labelNames: ["stream"], registers });
  const ended = new Counter({ name: "sightline_stream_ended_frames_total", help: "Frames that were let in, by how they ended; detected = looked at and published.", labelNames: ["stream", "outcome"], registers });
  const skipped = new Counter({ name: "sightline_stream_skipped_frames_total", help: "Frames that were not looked at, by cause.", labelNames: ["stream", "cause"], registers });
  const epochs = new Counter({ name: "sightline_stream_epochs_total", help: "Connections so far: 1, and one more at each reconnect or change of picture size.", labelNames: ["stream"], registers });
  const state = new Gauge({ name: "sightline_stream_state", help: "1 for the state that the stream is in, 0 for the others.", labelNames: ["stream", "state"], registers });
  const inHouse = new Gauge({ name: "sightline_stream_in_house_frames", help: "Frames that are numbered and have not ended: what the ring holds and what is at the threads.", labelNames: ["stream"], registers });
  const limit = new Gauge({ name: "sightline_stream_in_house_limit_frames", help: "What sightline_stream_in_house_frames never exceeds.", labelNames: ["stream"], registers });
  const reordering = new Gauge({ name: "sightline_stream_reordering_frames", help: "Frames that have ended and wait for an earlier one.", labelNames: ["stream"], registers });
  const gateLooks = new Counter({ name: "sightline_stream_gate_looks_total", help: "Frames that the motion gate saw; those that it left out are in sightline_stream_ended_frames_total as still.", labelNames: ["stream"], registers });
  const gateTime = new Counter({ name: "sightline_stream_gate_seconds_total", help: "Time that the motion gate took, all looks together.", labelNames: ["stream"], registers });
  const gateMoving = new Gauge({ name: "sightline_stream_gate_open", help: "1 while frames are looked at since something moves, or the gate does not know the scene yet; 0 while nothing has changed.", labelNames: ["stream"], registers });
  const required = new Gauge({ name: "sightline_stream_required", help: "1 when the program is ready only while this stream does well.", labelNames: ["stream"], registers });
  return [
    ({ control }) => {
      for (const metric of [decoded, ended, skipped, epochs, state, inHouse, limit, reordering, gateLooks, gateTime, gateMoving, required]) metric.reset();
      for (const { name: stream, stats, reordering: waiting, required: isRequired } of control()?.list() ?? []) {
        decoded.inc({ stream }, stats.decoded);
        for (const [outcome, count] of Object.entries(stats.outcomes)) ended.inc({ stream, outcome }, count);
        for (const [cause, count] of Object.entries(stats.skipped)) skipped.inc({ stream, cause }, count);
        epochs.inc({ stream }, stats.epoch);
        for (const one of STREAM_STATES) state.set({ stream, state: one }, one === stats.state ? 1 : 0);
        inHouse.set({ stream }, stats.inHouse);
        limit.set({ stream }, stats.inHouseLimit);
        reordering.set({ stream }, waiting);
        required.set({ stream }, isRequired ? 1 : 0);
        if (!stats.gate) continue;
        gateLooks.inc({ stream }, stats.gate.looks);
        gateTime.inc({ stream }, (stats.gate.looks * stats.gate.meanMs) / MS);
        gateMoving.set({ stream }, stats.gate.state === "still" ? 0 : 1);
      }
    },
  ];
}

function otherFigures(registry: Registry): Refresh[] {
  const registers = [registry];
  const workers = new Gauge({ name: "sightline_pool_workers", help: "Threads or processes that run the model now.", labelNames: ["model"], registers });
  const busy = new Gauge({ name: "sightline_pool_busy_tasks", help: "Tasks that are at the threads.", labelNames: ["model"], registers });
  const capacity = new Gauge({ name: "sightline_pool_capacity_tasks", help: "Tasks that can be at the threads at once.", labelNames: ["model"], registers });
  const warm = new Gauge({ name: "sightline_pool_warm", help: "1 when every thread has loaded the model and run it once.", labelNames: ["model"], registers });
  const device = new Gauge({ name: "sightline_pool_device_info", help: "What runs the model; always 1.", labelNames: ["model", "runtime", "device", "precision"], registers });
  const replaced = new Counter({ name: "sightline_workers_replaced_total", help: "Workers that were lost and replaced, by cause.", labelNames: ["model", "cause"], registers });
  const sinkQueue = new Gauge({ name: "sightline_sink_queue_bytes", help: "Bytes that wait to be written.", labelNames: ["sink"], registers });
  const sinkLost = new Counter({ name: "sightline_sink_lost_records_total", help: "Records that a sink lost because it was too slow or has ended.", labelNames: ["sink"], registers });
  const sinkUp = new Gauge({ name: "sightline_sink_up", help: "1 when records can be written, 0 when the disk is full, the folder gone or the like.", labelNames: ["sink"], registers });
  const sinkWritten = new Counter({ name: "sightline_sink_written_records_total", help: "Records written, gaps included.", labelNames: ["sink"], registers });
  const sinkSynced = new Counter({ name: "sightline_sink_synced_records_total", help: "Records that survive a power cut.", labelNames: ["sink"], registers });
  const clients = new Gauge({ name: "sightline_feed_clients", help: "Clients of the feed, by the way in which they read it.", labelNames: ["framing"], registers });
  const feedQueue = new Gauge({ name: "sightline_feed_queue_bytes", help: "Bytes that wait for clients, all together.", registers });
  const feedLost = new Counter({ name: "sightline_feed_lost_records_total", help: "Frame records that clients have lost because they were too slow, all together, those that are gone too.", registers });
  const queues = queueFigures(registry);
  return [
    ({ control }) => queues(control()?.models() ?? []),
    ({ control }) => {
      for (const metric of [workers, busy, capacity, warm, device, replaced, sinkQueue, sinkLost, sinkUp, sinkWritten, sinkSynced]) metric.reset();
      for (const { id: model, ...pool } of control()?.models() ?? []) {
        workers.set({ model }, pool.workers);
        busy.set({ model }, pool.busy);
        capacity.set({ model }, pool.capacity);
        warm.set({ model }, pool.isWarm ? 1 : 0);
        if (pool.device !== null) device.set({ model, device: pool.device, runtime: pool.runtime ?? "", precision: pool.precision ?? "" }, 1);
        for (const [cause, count] of Object.entries(pool.replaced)) replaced.inc({ model, cause }, count);
      }
      for (const { name: sink, queuedBytes, lostRecords, isFailing, writtenRecords, syncedRecords } of control()?.sinks() ?? []) {
        sinkQueue.set({ sink }, queuedBytes);
        sinkLost.inc({ sink }, lostRecords);
        sinkUp.set({ sink }, isFailing ? 0 : 1);
        if (writtenRecords !== undefined) sinkWritten.inc({ sink }, writtenRecords);
        if (syncedRecords !== undefined) sinkSynced.inc({ sink }, syncedRecords);
      }
    },
    ({ clients: loadsOf, lostRecords }) => {
      const loads = loadsOf();
      const total = (of: (load: (typeof loads)[number]) => number): number => loads.reduce((sum, load) => sum + of(load), 0);
      clients.reset();
      for (const framing of FRAMINGS) clients.set({ framing }, loads.filter((load) => load.framing === framing).length);
      feedQueue.set(total(({ queuedBytes, socketBytes }) => queuedBytes + socketBytes));
      feedLost.reset();
      feedLost.inc(lostRecords());
    },
  ];
}

/** Adds `/metrics`, for whoever may see every stream: the names of all stand in it. */
export function addMetricsRoute(app: FastifyInstance, metrics: GatewayMetrics, accessOf: (request: FastifyRequest) => Access): void {
  app.get("/metrics", async (request, reply) => {
    everyStreamOnly(accessOf(request));
    return reply.type(metrics.contentType).send(await metrics.text());
  });
}
