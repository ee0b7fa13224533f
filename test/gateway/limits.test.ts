import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { openTestGateway } from "./clients.js";
import { ask, rawConnection, told } from "./door.js";

const JSON_HEADERS = { "content-type": "application/json" };

test("an address that is too long is 414, a head 431, a body 413", async () => {
  await using gateway = await openTestGateway();
  assert.deepEqual(told(await ask(`${gateway.url}api/stats?${"x".repeat(2100)}`)), [414, "E_HTTP_SIZE"]);
  // Answered before all has been sent: a client that goes on sending may find the connection closed, and no answer.
  for (const [status, head] of [[431, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: ${"x".repeat(17_000)}`], [413, `POST /api/ticket HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 65537\r\n\r\n`]] as const) {
    const { socket, said } = rawConnection(gateway.url);
    socket.write(head);
    socket.once("data", () => socket.end());
    const text = await said;
    assert.match(text, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.match(text, /\r\ncontent-type: application\/problem\+json; charset=utf-8\r\n[^]*"code":"E_HTTP_SIZE"/i);
  }
  assert.equal((await ask(`${gateway.url}api/ticket`, { method: "POST", headers: JSON_HEADERS, body: JSON.stringify("x".repeat(65_000)) })).status, 200);
});

test("no way leads out of the page's folder", async () => {
  await using gateway = await openTestGateway();
  for (const path of ["page/../../package.json", "page/..%2f..%2fpackage.json", "page/%2e%2e/package.json", "//etc/passwd", "page/....//package.json", "page/%00", "page/%ff"]) {
    const { socket, said } = rawConnection(gateway.url);
    socket.write(`GET /${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    assert.match(await said, /^HTTP\/1\.1 40[04] /, path);
  }
});

test("what is no HTTP gets 400 and the connection is closed", async () => {
  await using gateway = await openTestGateway();
  for (const text of ["\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\xff\xfe\r\n\r\n"]) {
    const { socket, said } = rawConnection(gateway.url);
    socket.write(Buffer.from(text, "latin1"));
    assert.match(await said, /^HTTP\/1\.1 400 [^]*"code":"E_REQUEST"/);
  }
});

test("a request that never ends is cut off with 408: half a head, half a body, a head letter by letter, and silence", async () => {
  await using gateway = await openTestGateway({ headTimeoutMs: 300, requestTimeoutMs: 600 });
  const half = rawConnection(gateway.url);
  half.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
  const body = rawConnection(gateway.url);
  body.socket.write("POST /api/ticket HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{");
  const drip = rawConnection(gateway.url);
  const dripping = setInterval(() => drip.socket.write("x"), 50);
  drip.socket.write("GET / HTTP/1.1\r\nX-Drip: ");
  const silent = rawConnection(gateway.url);
  const said = await Promise.all([half.said, body.said, drip.said, silent.said]);
  clearInterval(dripping);
  for (const [i, text] of said.entries()) assert.match(text, /^HTTP\/1\.1 408 /, ["half a head", "half a body", "drip", "silence"][i]);
  assert.equal((await ask(`${gateway.url}healthz`)).status, 200);
});

for (const [what, limits] of [["in all", { maxConnections: 3 }], ["of one address", { maxConnectionsPerAddress: 3 }]] as const) {
  test(`more connections ${what} than are allowed hear 503, until one closes`, async () => {
    await using gateway = await openTestGateway(limits);
    const open = [1, 2, 3].map(() => rawConnection(gateway.url));
    for (const { socket } of open) await once(socket, "connect");
    // The server has taken a connection when it answers on it.
    for (const { socket } of open) {
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
      await once(socket, "data");
    }
    const refused = rawConnection(gateway.url);
    assert.match(await refused.said, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    open[0]!.socket.destroy();
    await open[0]!.said;
    for (;;) {
      const { socket, said } = rawConnection(gateway.url);
      socket.write("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      if (/^HTTP\/1\.1 200 /.test(await said)) break;
    }
    for (const { socket } of open) socket.destroy();
  });
}

test("an upgrade to something else, and one that is given up half-way, harm nobody", async () => {
  await using gateway = await openTestGateway();
  const other = rawConnection(gateway.url);
  other.socket.write("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n");
  assert.match(await other.said, /^HTTP\/1\.1 400 /);
  const gone = rawConnection(gateway.url);
  gone.socket.write("GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n", () => gone.socket.destroy());
  await gone.said;
  assert.equal((await ask(`${gateway.url}healthz`)).status, 200);
});
