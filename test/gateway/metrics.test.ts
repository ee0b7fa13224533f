import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { STREAM_STATES } from "../../src/core/stream-state.js";
import { frameRecord, published } from "../../src/wire/index.js";
import { project } from "../support/paths.js";
import { CAPTURED_AT_MS, context, detected, header } from "../wire/records.js";
import { fakeControl, openApi, type ApiWorld } from "./api/world.js";
import { lintMetrics, parseMetrics, type MetricFamily } from "./metrics-text.js";

async function scrape(api: ApiWorld): Promise<MetricFamily[]> {
  const response = await api.ask("metrics");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  return parseMetrics(await response.text());
}

const valueOf = (families: readonly MetricFamily[], sample: string, labels: Record<string, string> = {}): number | undefined =>
  families.flatMap(({ samples }) => samples).find((one) => one.name === sample && Object.entries(labels).every(([key, value]) => one.labels[key] === value))?.value;

describe("the figures", () => {
  test("keep Prometheus' rules of names, units and types", async () => {
    await using api = await openApi();
    api.gateway.publish(published(frameRecord(detected(header(1), [10, 20, 110, 220]), context)));
    const families = await scrape(api);
    assert.ok(families.length > 30, `only ${families.length} metrics`);
    assert.deepEqual(lintMetrics(families), []);
  });

  test("say of each stream what its stats say, with every state, outcome and cause", async () => {
    await using api = await openApi();
    const families = await scrape(api);
    const { stats } = api.control.get("gate")!;
    assert.equal(valueOf(families, "sightline_stream_decoded_frames_total", { stream: "gate" }), stats.decoded);
    for (const [outcome, count] of Object.entries(stats.outcomes)) assert.equal(valueOf(families, "sightline_stream_ended_frames_total", { stream: "yard", outcome }), count);
    for (const [cause, count] of Object.entries(stats.skipped)) assert.equal(valueOf(families, "sightline_stream_skipped_frames_total", { stream: "yard", cause }), count);
    assert.deepEqual(STREAM_STATES.map((state) => valueOf(families, "sightline_stream_state", { stream: "gate", state })), STREAM_STATES.map((state) => (state === stats.state ? 1 : 0)));
    assert.deepEqual(["queue_bytes", "lost_records_total"].map((name) => valueOf(families, `sightline_sink_${name}`, { sink: "out.jsonl" })), [7, 3]);
    assert.deepEqual(["workers", "busy_tasks", "capacity_tasks", "warm"].map((name) => valueOf(families, `sightline_pool_${name}`, { model: "street@00000000" })), [2, 1, 2, 1]);
    assert.equal(valueOf(families, "sightline_pool_device_info", { model: "street@00000000", runtime: "onnxruntime", device: "cpu", precision: "f32" }), 1);
    assert.deepEqual(["crashed", "hung"].map((cause) => valueOf(families, "sightline_workers_replaced_total", { model: "street@00000000", cause })), [4, 1]);
  });

  test("tell of a motion gate what it saw, took and thinks, and nothing of a stream that has none", async () => {
    const control = fakeControl(["gate", "yard"]);
    const gated = { state: "still", sinceMs: CAPTURED_AT_MS, looks: 1500, meanMs: 0.2 } as const;
    const list = () => control.list().map((one) => (one.name === "gate" ? { ...one, stats: { ...one.stats, gate: gated } } : one));
    await using api = await openApi({ ...control, list });
    const families = await scrape(api);
    const of = (stream: string) => ["looks_total", "seconds_total", "open"].map((name) => valueOf(families, `sightline_stream_gate_${name}`, { stream }));
    assert.deepEqual([of("gate"), of("yard")], [[1500, 0.3, 0], [undefined, undefined, undefined]]);
  });

  test("count each frame's times once, in seconds, in every bucket from its own upwards", async () => {
    await using api = await openApi();
    const record = frameRecord(detected(header(1), []), { ...context, totalMs: 48 });
    for (let i = 0; i < 3; i += 1) api.gateway.publish(published(record));
    const families = await scrape(api);
    const of = (part: string, labels = {}) => valueOf(families, `sightline_stream_latency_seconds_${part}`, { stream: "gate", ...labels });
    assert.deepEqual([of("count"), Math.round(of("sum")! * 1e6)], [3, 144_000]);
    assert.deepEqual(["0.025", "0.05", "10", "+Inf"].map((le) => of("bucket", { le })), [0, 3, 3, 3]);
    assert.equal(valueOf(families, "sightline_stream_stage_duration_seconds_count", { stream: "gate", stage: "infer" }), 3);
  });

  test("end with their stream", async () => {
    await using api = await openApi();
    api.gateway.publish(published(frameRecord(detected(header(1), []), context)));
    const series = async (): Promise<number> => (await scrape(api)).flatMap(({ samples }) => samples).filter(({ labels }) => labels["stream"] === "gate").length;
    assert.ok((await series()) > 30);
    await api.control.remove("gate", { persist: false });
    api.gateway.forget("gate");
    assert.equal(await series(), 0);
  });
});

describe("the linter", () => {
  const faulty: readonly (readonly [text: string, fault: string])[] = [
    ["# HELP a_ms x\n# TYPE a_ms gauge\na_ms 1\n", "a_ms has a unit that is no base unit"],
    ["# HELP a x\n# TYPE a counter\na 1\n", "a is a counter and does not end in _total"],
    ["# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "a_total ends in _total and is no counter"],
    ["# HELP aB x\n# TYPE aB gauge\naB 1\n", "aB is not in snake_case"],
    ['# HELP a x\n# TYPE a gauge\na{b="1"} 1\na{b="1"} 2\n', "a has a series twice"],
    ["# HELP a_count x\n# TYPE a_count gauge\na_count 1\n", "a_count ends as a part of a histogram does"],
  ];
  for (const [text, fault] of faulty) test(`says: ${fault}`, () => assert.deepEqual(lintMetrics(parseMetrics(text)), [fault]));
});

/** Every name in an expression that could be a metric of ours or of the process. */
const namesIn = (text: string): string[] => [...new Set([...text.matchAll(/\b(?:sightline|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name))];

for (const path of ["config/grafana-dashboard.json", "config/alerts.yaml"]) {
  test(`each metric that ${path} names is one that is served, with the labels and words that it asks for`, async () => {
    await using api = await openApi();
    api.gateway.publish(published(frameRecord(detected(header(1), []), context)));
    const samples = (await scrape(api)).flatMap((family) => family.samples);
    const text = readFileSync(project(path), "utf8");
    const names = namesIn(text);
    assert.ok(names.length >= 8, names.join());
    assert.deepEqual(names.filter((name) => !samples.some((sample) => sample.name === name)), []);
    for (const [, name, selector = ""] of text.matchAll(/\b(sightline_[a-z0-9_]+)\{([^}]*)\}/g)) {
      for (const [, label, value = ""] of selector.matchAll(/([a-z]+)=~?\\?"([^"\\]*)\\?"/g)) {
        if (label === "instance" || label === "job") continue;
        const known = new Set(samples.filter((sample) => sample.name === name).map(({ labels }) => labels[label!]));
        for (const word of value.split("|")) assert.ok(word.startsWith("$") || known.has(word), `${name}{${label}="${word}"} is never served`);
      }
    }
  });
}

test("the alert rules have what Prometheus asks of them", () => {
  const { groups } = parse(readFileSync(project("config/alerts.yaml"), "utf8")) as { groups: { name: string; rules: { alert: string; expr: string; for?: string; annotations: { summary: string } }[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  assert.ok(rules.length >= 8);
  assert.equal(new Set(rules.map(({ alert }) => alert)).size, rules.length);
  for (const { alert, expr, for: during = "0m", annotations } of rules) {
    assert.match(alert, /^Sightline[A-Za-z]+$/);
    assert.match(during, /^\d+m$/);
    assert.ok(expr.length > 0 && annotations.summary.length > 0);
    assert.equal(expr.split("(").length, expr.split(")").length, alert);
  }
});
