import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";
import { testTokens } from "../auth/tokens.js";
import { within } from "../rig/deadline.js";
import { until } from "../support/until.js";
import { openTestGateway } from "./clients.js";
import { ask, rawConnection, told, upgradeStatus } from "./door.js";

const WAIT_MS = 60_000;
const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const JSON_HEADERS = { "content-type": "application/json" };

test("an address that others reach is not served without a token; with one, or with the flag and loud words, it is", async () => {
  const tokens = testTokens();
  await assert.rejects(openTestGateway({ host: "0.0.0.0", tokensFile: tokens.path }), {
    code: "E_SERVE_OPEN",
    message: `0.0.0.0:0 can be reached from other machines, and there is no token in ${tokens.path} (serve.tokensFile)`,
  });
  const said: string[] = [];
  {
    await using _open = await openTestGateway({ host: "0.0.0.0", insecureNoAuth: true }, ({ level, message }) => void said.push(`${level} ${message}`));
    assert.match(said.join("\n"), /^warn THE DOOR IS OPEN: everybody who can reach 0\.0\.0\.0:0 sees and changes every stream/);
  }
  await tokens.add();
  await using gateway = await openTestGateway({ host: "0.0.0.0", tokensFile: tokens.path, insecureNoAuth: true });
  assert.equal((await ask(`${gateway.url}api/stats`)).status, 401, "the flag does not open a door that has a lock");
});

test("at this machine nobody is asked while there is no token, and everybody once there is one", async () => {
  const tokens = testTokens();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  assert.equal((await ask(`${gateway.url}api/stats`)).status, 200);
  const open = new WebSocket(`${gateway.url.replace("http", "ws")}ws`, "sightline.v1");
  await once(open, "open");
  const closed = once(open, "close");
  const token = await tokens.add({ role: "viewer" });
  await closed;
  assert.deepEqual(told(await ask(`${gateway.url}api/stats`)), [401, "E_AUTH"]);
  assert.equal((await ask(`${gateway.url}api/stats`, { headers: bearer(token) })).status, 200);
});

test("without a token: 401 for tools, the login for browsers, and only that the program lives for everybody", async () => {
  const tokens = testTokens();
  await tokens.add();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const answer = await ask(`${gateway.url}api/stats`);
  assert.deepEqual(told(answer), [401, "E_AUTH"]);
  assert.equal(answer.headers["www-authenticate"], 'Bearer realm="sightline"');
  assert.equal(answer.headers["content-type"], "application/problem+json; charset=utf-8");
  assert.equal(answer.headers["x-content-type-options"], "nosniff");
  const page = await ask(gateway.url, { headers: { accept: "text/html,*/*" } });
  assert.deepEqual([page.status, page.headers.location], [303, "/login"]);
  for (const path of ["", "page/main.js", "metrics", "api/v1/streams", "nowhere"]) assert.deepEqual(told(await ask(gateway.url + path)), [401, "E_AUTH"], path);
  assert.deepEqual((await ask(`${gateway.url}healthz`)).body, '{"status":"ok"}');
});

test("a wrong token is 401, after five 429 with Retry-After", async () => {
  const tokens = testTokens();
  await tokens.add();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const guess = (i: number) => ask(`${gateway.url}api/stats`, { headers: bearer(`slt_AAAAAAAA_${"x".repeat(42)}${i}`) });
  for (let i = 0; i < 5; i++) assert.deepEqual(told(await guess(i)), [401, "E_AUTH"]);
  const slowed = await guess(5);
  assert.deepEqual(told(slowed), [429, "E_AUTH_SLOWED"]);
  assert.match(slowed.headers["retry-after"] ?? "", /^[1-9]\d*$/);
  assert.equal(await upgradeStatus(gateway.url, "/ws", bearer("slt_wrong")), 429);
  assert.equal((await ask(`${gateway.url}healthz`)).status, 200, "who shows nothing is not slowed");
});

test("a viewer may read and get a ticket, and change nothing; an admin may", async () => {
  const tokens = testTokens();
  const viewer = await tokens.add({ role: "viewer" });
  const admin = await tokens.add();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    assert.deepEqual(told(await ask(`${gateway.url}api/v1/streams/gate`, { method, headers: bearer(viewer) })), [403, "E_FORBIDDEN"], method);
    const { status } = await ask(`${gateway.url}api/v1/streams/gate`, { method, headers: bearer(admin) });
    assert.ok(status !== 401 && status !== 403, `${method}: ${status}`);
  }
  assert.equal((await ask(`${gateway.url}api/ticket`, { method: "POST", headers: bearer(viewer) })).status, 200);
});

test("a socket opens with a bearer token, a cookie or a ticket; a ticket once", async () => {
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer" });
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const { origin, host } = new URL(gateway.url);
  assert.equal(await upgradeStatus(gateway.url, "/ws"), 401);
  assert.equal(await upgradeStatus(gateway.url, "/ws?ticket=made-up"), 401);
  assert.equal(await upgradeStatus(gateway.url, "/ws", bearer(token)), 101);
  const login = await ask(`${gateway.url}login`, { method: "POST", headers: { origin, host, "content-type": "application/x-www-form-urlencoded" }, body: `token=${token}` });
  const cookie = login.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  assert.equal(await upgradeStatus(gateway.url, "/ws", { cookie, origin }), 101);
  const answer = await ask(`${gateway.url}api/ticket`, { method: "POST", headers: bearer(token) });
  const { ticket, expiresInMs } = JSON.parse(answer.body) as { ticket: string; expiresInMs: number };
  assert.equal(expiresInMs, 30_000);
  assert.equal(await upgradeStatus(gateway.url, `/ws?ticket=${ticket}`), 101);
  assert.equal(await upgradeStatus(gateway.url, `/ws?ticket=${ticket}`), 401, "used");
  const { ticket: second } = JSON.parse((await ask(`${gateway.url}api/ticket`, { method: "POST", headers: bearer(token) })).body) as { ticket: string };
  assert.equal((await ask(`${gateway.url}api/stats?ticket=${second}`)).status, 401, "a ticket opens a socket and nothing else");
});

test("a foreign Host, Origin or no key turns an upgrade away before anything else", async () => {
  await using gateway = await openTestGateway({ allowedHosts: ["Cam.Example"], allowedOrigins: ["https://app.example"] });
  const { origin, port } = new URL(gateway.url);
  const cases: [Record<string, string>, number][] = [
    [{}, 101],
    [{ origin }, 101],
    [{ origin: "https://app.example" }, 101],
    [{ host: "cam.example" }, 101],
    [{ host: `evil.example:${port}` }, 403],
    [{ host: "" }, 403],
    [{ origin: "http://evil.example" }, 403],
    [{ origin: "null" }, 403],
    [{ origin: `http://localhost:${Number(port) + 1}` }, 403],
    [{ "sec-websocket-key": "" }, 400],
    [{ "sec-websocket-key": "short" }, 400],
    [{ "sec-websocket-version": "1" }, 400],
    [{ "sec-websocket-protocol": "graphql-ws" }, 400],
  ];
  for (const [headers, status] of cases) assert.equal(await upgradeStatus(gateway.url, "/ws", headers), status, JSON.stringify(headers));
  assert.equal(await upgradeStatus(gateway.url, "/wss"), 404);
  assert.equal(await upgradeStatus(gateway.url, `/ws?${"x".repeat(3000)}`), 414);
});

test("a foreign Host is 403 wherever it asks, before its token is looked at", async () => {
  await using gateway = await openTestGateway();
  for (const path of ["", "healthz", "login", "api/stats"]) assert.deepEqual(told(await ask(gateway.url + path, { headers: { host: "evil.example" } })), [403, "E_FORBIDDEN"], path);
});

test("a page elsewhere can't change anything, with the browser's cookie or where nobody is asked", async () => {
  const tokens = testTokens();
  await using open = await openTestGateway();
  const evil = { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors", ...JSON_HEADERS };
  assert.deepEqual(told(await ask(`${open.url}api/ticket`, { method: "POST", headers: evil, body: "{}" })), [403, "E_FORBIDDEN"]);
  const token = await tokens.add();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const { origin } = new URL(gateway.url);
  const form = { "content-type": "application/x-www-form-urlencoded" };
  assert.deepEqual(told(await ask(`${gateway.url}login`, { method: "POST", headers: { ...form, origin: "https://evil.example" }, body: `token=${token}` })), [403, "E_FORBIDDEN"]);
  const login = await ask(`${gateway.url}login`, { method: "POST", headers: { ...form, origin }, body: `token=${token}` });
  const cookie = login.headers["set-cookie"]?.[0]?.split(";")[0] ?? "";
  const ticket = (headers: Record<string, string>) => ask(`${gateway.url}api/ticket`, { method: "POST", headers: { cookie, ...headers } });
  assert.equal((await ticket({ origin })).status, 200);
  assert.equal((await ticket({ "sec-fetch-site": "same-origin" })).status, 200);
  for (const headers of [evil, {}, { origin: "null" }, { "sec-fetch-site": "same-site" }]) assert.deepEqual(told(await ticket(headers)), [403, "E_FORBIDDEN"], JSON.stringify(headers));
  assert.deepEqual(told(await ask(`${gateway.url}api/stats`, { headers: { cookie, "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" } })), [403, "E_FORBIDDEN"]);
});

test("only JSON is taken for a body: a form of another site, or text, is 415", async () => {
  await using gateway = await openTestGateway();
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    assert.deepEqual(told(await ask(`${gateway.url}api/ticket`, { method: "POST", headers: { "content-type": type }, body: "{}" })), [415, "E_HTTP_TYPE"], type);
  }
  assert.deepEqual(told(await ask(`${gateway.url}api/ticket`, { method: "POST", headers: JSON_HEADERS, body: "{" })), [400, "E_REQUEST"]);
});

test("a removed token ends answers that came one behind the other over one connection", async () => {
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer" });
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const { socket, said } = rawConnection(gateway.url);
  socket.write(`GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`.repeat(2));
  await until(() => gateway.clientCount === 2, "both to be open");
  await tokens.remove(token);
  await within(WAIT_MS, "the connection to be closed", said);
  await until(() => gateway.clientCount === 0, "their seats to be free");
});

test("a removed token ends what was opened with it", async () => {
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer" });
  const other = await tokens.add({ role: "viewer" });
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const sockets = [token, other].map((one) => new WebSocket(`${gateway.url.replace("http", "ws")}ws`, "sightline.v1", { headers: bearer(one) }));
  for (const socket of sockets) await once(socket, "open");
  const endless = await Promise.all(["api/events", "api/stream"].map((path) => fetch(gateway.url + path, { headers: bearer(token) })));
  await tokens.remove(token);
  const [status, reason] = (await once(sockets[0]!, "close")) as [number, Buffer];
  assert.deepEqual([status, reason.toString()], [4401, "the token is no longer there, or the login is over"]);
  assert.deepEqual(told(await ask(`${gateway.url}api/stats`, { headers: bearer(token) })), [401, "E_AUTH"]);
  assert.equal(sockets[1]!.readyState, WebSocket.OPEN);
  const lastWord = '{"type":"error","code":"E_AUTH","message":"the token is no longer there, or the login is over"}';
  for (const [i, text] of (await Promise.all(endless.map((answer) => answer.text()))).entries()) {
    assert.ok(text.endsWith(i === 0 ? `data: ${lastWord}\n\n` : `${lastWord}\n`), text.slice(-300));
  }
  sockets[1]!.terminate();
  await until(() => gateway.clientCount === 0, "the other to go");
});
