import assert from "node:assert/strict";
import { test } from "node:test";
import type { PlaybackCommand, PlaybackControl } from "../../../src/gateway/index.js";
import { MESSAGES } from "../../wire/messages.js";
import { openTestGateway } from "../clients.js";
import { fakeControl, openApi, problemOf } from "./world.js";

const { type: _type, instance: _instance, ...STATE } = MESSAGES.Playback;

test("where nothing is replayed that is said, to who asks and to who steers", async () => {
  await using api = await openApi();
  assert.deepEqual(await problemOf(await api.ask("/api/v1/playback")).then(({ status, code }) => [status, code]), [409, "E_NO_PLAYBACK"]);
  assert.deepEqual(await problemOf(await api.send("POST", "/api/v1/playback", { command: "play" })).then(({ status, code }) => [status, code]), [409, "E_NO_PLAYBACK"]);
});

test("a viewer sees how a replay does and may not steer it", async () => {
  const asked: PlaybackCommand[] = [];
  const playback: PlaybackControl = { state: () => STATE as never, command: (command) => Promise.resolve(void asked.push(command)) };
  await using gateway = await openTestGateway({ playback, control: () => fakeControl(["gate"]), accessOf: () => ({ role: "viewer", streams: "*" }) });
  const url = new URL("/api/v1/playback", gateway.url);
  assert.deepEqual(await (await fetch(url)).json(), STATE);
  const refused = await fetch(url, { method: "POST", body: '{"command":"pause"}', headers: { "content-type": "application/json" } });
  assert.equal((await problemOf(refused)).code, "E_FORBIDDEN");
  assert.deepEqual(asked, []);
});
