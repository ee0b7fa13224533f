import type { GateView } from "../../../src/gate/index.js";
import type { FastifyRequest } from "fastify";
import type { Access } from "../../../src/core/access.js";
import { ERROR_TABLE, PipelineError, type ErrorCode } from "../../../src/core/errors.js";
import { apiStreamSchema, nearestKey, schemaText } from "../../../src/config/index.js";
import type { ApiSchemas, Gateway, GatewayNotice, JsonObject, StreamControl, StreamInfo } from "../../../src/gateway/index.js";
import { stats } from "../../wire/records.js";
import { openTestGateway } from "../clients.js";

/** The settings' own schemas. */
export const SCHEMAS: ApiSchemas = { stream: apiStreamSchema, settings: JSON.parse(schemaText()) as JsonObject, nearestKey };

/** Streams in memory, and every change that was asked for. */
export interface FakeControl extends StreamControl {
  readonly asked: readonly (readonly unknown[])[];
}

/** Streams that only remember what they were told. */
export function fakeControl(names: readonly string[]): FakeControl {
  const streams = new Map<string, JsonObject>(names.map((name) => [name, { source: `${name}.mp4` }]));
  const asked: (readonly unknown[])[] = [];
  const note = async (...what: readonly unknown[]): Promise<void> => {
    const name = String(what[1]);
    if (what[0] === "add" ? streams.has(name) : !streams.has(name)) throw new PipelineError(what[0] === "add" ? "E_STREAM_TAKEN" : "E_STREAM_UNKNOWN", name);
    asked.push(what);
    await Promise.resolve();
  };
  const get = (name: string): StreamInfo | undefined => {
    const settings = streams.get(name);
    return settings && { name, settings, required: true, stats: { ...stats, stream: name }, reordering: 0 };
  };
  return {
    asked,
    get,
    list: () => [...streams.keys()].map((name) => get(name)!),
    add: (name, settings, options) => note("add", name, settings, options).then(() => void streams.set(name, settings)),
    change: (name, settings, options) => note("change", name, settings, options).then(() => void streams.set(name, settings)),
    remove: (name, options) => note("remove", name, options).then(() => void streams.delete(name)),
    restart: (name) => note("restart", name),
    pause: (name) => note("pause", name),
    resume: (name) => note("resume", name),
    gateView: (name) => (name === "gate" ? GATE_VIEW : undefined),
    models: () => [{ id: "street@00000000", family: "yolov8", inputWidthPx: 384, inputHeightPx: 224, labels: ["car"], workers: 2, isWarm: true, busy: 1, capacity: 2, runtime: "onnxruntime", device: "cpu", precision: "f32", replaced: { crashed: 4, hung: 1 } }],
    sinks: () => [{ name: "out.jsonl", queuedBytes: 7, lostRecords: 3, isFailing: false, writtenRecords: 12, syncedRecords: 10 }],
    settings: () => ({ sources: [], streams: Object.fromEntries(streams) }),
  };
}

/** Four cells, of which one moves and one is left out. */
export const GATE_VIEW: GateView = { frame: 7, verdict: "moving", columns: 2, rows: 2, cells: "0123", widthShare: 1, heightShare: 0.9 };

type Who = "admin" | "viewer" | "gatekeeper" | "gatesmith";

const WHO: Readonly<Record<Who, Access>> = {
  admin: { role: "admin", streams: "*" },
  viewer: { role: "viewer", streams: "*" },
  gatekeeper: { role: "viewer", streams: ["gate"] },
  gatesmith: { role: "admin", streams: ["gate", "shed"] },
};

/** Who asks stands in a header; without it an admin. */
const accessOf = (request: FastifyRequest): Access => WHO[String(request.headers["x-who"] ?? "admin") as Who];

/** An API on a free port. */
export interface ApiWorld extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly control: FakeControl;
  /** Asks; `path` is behind the address of the server. */
  ask(path: string, init?: RequestInit & { readonly who?: Who }): Promise<Response>;
  /** Sends JSON. */
  send(method: string, path: string, body: unknown, who?: Who): Promise<Response>;
}

/** Opens it, with streams gate and yard. */
export async function openApi(control: FakeControl = fakeControl(["gate", "yard"]), notice: (notice: GatewayNotice) => void = () => undefined): Promise<ApiWorld> {
  const gateway = await openTestGateway({ control: () => control, schemas: SCHEMAS, accessOf }, notice);
  const ask: ApiWorld["ask"] = (path, { who, ...init } = {}) =>
    fetch(new URL(path, gateway.url), { ...init, headers: { ...(init.headers as Record<string, string>), ...(who && { "x-who": who }) } });
  return {
    gateway,
    control,
    ask,
    send: (method, path, body, who) => ask(path, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" }, ...(who && { who }) }),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** What an error says of itself, checked to be one as RFC 9457 wants it. */
export async function problemOf(response: Response): Promise<{ readonly status: number; readonly code: string; readonly detail: string; readonly faults?: readonly { where: string; detail: string }[] }> {
  const body = (await response.json()) as Record<string, unknown>;
  if (response.headers.get("content-type") !== "application/problem+json; charset=utf-8") throw new Error(`no problem: ${response.headers.get("content-type")} ${JSON.stringify(body)}`);
  if (body["status"] !== response.status || body["type"] !== `urn:sightline:error:${String(body["code"])}` || body["title"] !== ERROR_TABLE[body["code"] as ErrorCode].what) throw new Error(JSON.stringify(body));
  return body as never;
}
