import assert from "node:assert/strict";
import { test } from "node:test";
import { frameRecord, published, statsRecord } from "../../../src/wire/index.js";
import { CAPTURED_AT_MS, context, detected, header, stats } from "../../wire/records.js";
import { fakeControl, openApi } from "./world.js";
import { openTestGateway } from "../clients.js";

const json = async (response: Response): Promise<unknown> => await response.json();
const gateFrame = (frame: number) => frameRecord(detected(header(frame), [10, 20, 110, 220]), context);

test("the newest detections are those of the newest frame, null before the first", async () => {
  await using api = await openApi();
  assert.deepEqual(await json(await api.ask("api/v1/streams/gate/detections")), { stream: "gate", frame: null });
  for (const frame of [7, 8]) api.gateway.publish(published(gateFrame(frame)));
  assert.deepEqual(await json(await api.ask("api/v1/streams/gate/detections")), { stream: "gate", frame: gateFrame(8) });
});

test("a stream's figures are kept for ten minutes, one a second, and no longer", async () => {
  await using api = await openApi();
  for (let second = 0; second < 700; second += 1) api.gateway.publish(published(statsRecord({ ...stats, decoded: second }, CAPTURED_AT_MS + second * 1000)));
  const history = async (query: string): Promise<number[]> => ((await json(await api.ask(`api/v1/streams/gate/stats${query}`))) as { samples: { decoded: number }[] }).samples.map(({ decoded }) => decoded);
  const all = await history("");
  assert.deepEqual([all.length, all[0], all.at(-1)], [600, 100, 699]);
  assert.deepEqual(await history("?seconds=2"), [698, 699]);
});

test("what is removed is forgotten, and a name that comes again begins without a past", async () => {
  await using api = await openApi();
  api.gateway.publish(published(gateFrame(1)));
  api.gateway.publish(published(statsRecord(stats, CAPTURED_AT_MS)));
  api.gateway.forget("gate");
  assert.deepEqual(await json(await api.ask("api/v1/streams/gate/detections")), { stream: "gate", frame: null });
  assert.deepEqual(((await json(await api.ask("api/v1/streams/gate/stats"))) as { samples: unknown[] }).samples, []);
});

test("changes reach the streams as they were given, without what a person left out", async () => {
  await using api = await openApi();
  const added = await api.send("POST", "api/v1/streams/new?persist=true", { source: "a.mp4", detect: { conf: 0.5 } });
  assert.deepEqual([added.status, added.headers.get("location")], [201, "/api/v1/streams/new"]);
  assert.equal((await api.send("PUT", "api/v1/streams/gate", { source: "b.mp4" })).status, 200);
  for (const verb of ["pause", "resume", "restart"]) assert.equal((await api.ask(`api/v1/streams/gate/${verb}`, { method: "POST" })).status, 200);
  const removed = await api.ask("api/v1/streams/new?persist=false", { method: "DELETE" });
  assert.deepEqual([removed.status, await removed.text()], [204, ""]);
  assert.deepEqual(api.control.asked, [
    ["add", "new", { source: "a.mp4", detect: { conf: 0.5 } }, { persist: true }],
    ["change", "gate", { source: "b.mp4" }, { persist: false }],
    ["pause", "gate"], ["resume", "gate"], ["restart", "gate"],
    ["remove", "new", { persist: false }],
  ]);
});

test("models, version, and the settings' own schema are told", async () => {
  await using api = await openApi();
  const models = (await json(await api.ask("api/v1/models"))) as { models: { id: string }[] };
  assert.equal(models.models[0]?.id, "street@00000000");
  assert.deepEqual(await json(await api.ask("api/v1/version")), { name: "sightline", version: "0.0.0", node: process.versions.node });
  assert.ok("properties" in ((await json(await api.ask("api/v1/config/schema"))) as object));
});

test("before the streams have begun the API says so, and the process lives all the same", async () => {
  await using gateway = await openTestGateway({ control: () => undefined });
  const at = (path: string): Promise<Response> => fetch(new URL(path, gateway.url));
  assert.equal((await at("healthz")).status, 200);
  const [ready, streams] = [await at("readyz"), await at("api/v1/streams")];
  assert.deepEqual([ready.status, streams.status, streams.headers.get("retry-after")], [503, 503, "1"]);
  assert.deepEqual(await json(ready), { ready: false, waitingFor: ["the streams have not begun yet"] });
});

test("readiness names each model that is cold and each required stream that is not well, and counts those that may not be seen", async () => {
  const control = fakeControl(["gate", "yard", "spare"]);
  const [gate, yard, spare] = control.list();
  const error = { code: "E_SOURCE_TIMEOUT", message: "no answer" } as const;
  const list = () => [
    { ...gate!, stats: { ...gate!.stats, state: "paused" as const } },
    { ...yard!, stats: { ...yard!.stats, state: "reconnecting" as const, error } },
    { ...spare!, required: false, stats: { ...spare!.stats, state: "failed" as const } },
  ];
  await using api = await openApi({ ...control, list, models: () => control.models().map((model) => ({ ...model, isWarm: false })) });
  const told = await api.ask("readyz");
  assert.equal(told.status, 503);
  assert.deepEqual(await json(told), { ready: false, waitingFor: ["model street@00000000 is being loaded", "stream yard is reconnecting (E_SOURCE_TIMEOUT)"] });
  assert.deepEqual(await json(await api.ask("readyz", { who: "gatekeeper" })), { ready: false, waitingFor: ["model street@00000000 is being loaded", "1 more stream"] });
});

test("ready is 200 once models are warm and required streams are live", async () => {
  const control = fakeControl(["gate"]);
  await using api = await openApi({ ...control, list: () => control.list().map((one) => ({ ...one, stats: { ...one.stats, state: "live" as const } })) });
  const response = await api.ask("readyz");
  assert.deepEqual([response.status, await json(response)], [200, { ready: true, waitingFor: [] }]);
});
