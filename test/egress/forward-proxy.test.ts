import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createSecure } from "node:https";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { openForwardProxy, openRtspRelay, type ForwardProxy, type Lookup } from "../../src/egress/index.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";

const HOME = { allowPrivate: true };
const toHere: Lookup = () => Promise.resolve(["127.0.0.1"]);

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

async function serve(server: Server): Promise<{ port: number } & AsyncDisposable> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const plain = (handler: Handler) => serve(createServer(handler));

/** Asks the proxy for a whole address, as FFmpeg does. */
function through(proxy: ForwardProxy, path: string, { method = "GET", headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<{ status: number; headers: IncomingHttpHeaders; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: new URL(proxy.url).port, path, method, headers }, (response) => {
      void text(response).then((body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

test("an allowed address is asked with its own Host and headers, without those of the one connection, and its answer comes back", async () => {
  const seen: unknown[] = [];
  await using server = await plain(({ url, headers }, response) => {
    seen.push([url, headers.host, headers.authorization, headers["icy-metadata"], headers["proxy-connection"], headers["x-hop"], headers["accept-encoding"]]);
    response.writeHead(206, { "content-type": "video/mp2t", "x-camera": "yes", "set-cookie": ["a=1", "b=2"] }).end("bytes");
  });
  await using proxy = await openForwardProxy(HOME, toHere);
  const answer = await through(proxy, `http://cam.example:${server.port}/a/../b.ts?x=%2f#part`, {
    headers: { host: "elsewhere.example", authorization: "Basic x", "icy-metadata": "1", "proxy-connection": "keep-alive", connection: "x-hop", "x-hop": "1", "accept-encoding": "gzip" },
  });
  assert.deepEqual([answer.status, answer.body, answer.headers["x-camera"], answer.headers["set-cookie"]], [206, "bytes", "yes", ["a=1", "b=2"]]);
  // The path goes on byte for byte: a signature may be over it.
  assert.deepEqual(seen, [["/a/../b.ts?x=%2f", `cam.example:${server.port}`, "Basic x", "1", undefined, undefined, undefined]]);
});

test("what may not be opened is 403 and remembered; a name that changes its answer is refused at the connection", async () => {
  let asked = 0;
  await using server = await plain((_, response) => {
    asked += 1;
    response.end();
  });
  const answers = ["127.0.0.1", "169.254.169.254"];
  await using proxy = await openForwardProxy(HOME, () => Promise.resolve([answers.shift() ?? ""]));
  assert.equal((await through(proxy, `http://rebind.example:${server.port}/`)).status, 200);
  assert.equal(proxy.takeRefusal(), undefined);
  assert.equal((await through(proxy, `http://rebind.example:${server.port}/`)).status, 403);
  assert.deepEqual([proxy.takeRefusal()?.code, proxy.takeRefusal()], ["E_SOURCE_FORBIDDEN", undefined]);
  for (const address of ["http://169.254.169.254/latest/", "http://[::ffff:a9fe:a9fe]/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/"]) {
    assert.equal((await through(proxy, address)).status, 403, address);
  }
  assert.equal(asked, 1);
});

test("no tunnel, no other method, no address of its own: a page elsewhere gets nothing from it", async () => {
  await using proxy = await openForwardProxy(HOME, toHere);
  for (const path of ["/", "https://a.example/", "ftp://a.example/", "a.example:80"]) assert.equal((await through(proxy, path)).status, 400, path);
  for (const method of ["POST", "PUT", "DELETE"]) assert.equal((await through(proxy, "http://a.example/", { method })).status, 400, method);
  const socket = connect(Number(new URL(proxy.url).port), "127.0.0.1");
  socket.write("CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 405 /);
});

test("https in a redirect and in a playlist becomes http to the proxy, which speaks TLS to that server and no other", async (t) => {
  const tls = certificate(t);
  if (!tls) return;
  await using secure = await serve(createSecure(tls, (_, response) => void response.end("over TLS")));
  await using server = await plain(({ url }, response) => {
    if (url === "/moved") return void response.writeHead(302, { location: `https://cam.example:${secure.port}/x?y=1` }).end();
    const list = `#EXTM3U\n#EXTINF:2,caf\xe9\nhttps://cam.example:${secure.port}/a.ts\n#EXT-X-KEY:METHOD=AES-128,URI="HTTPS://Keys.example/k"\nrelative.ts\nhttps://[2606:2800::1]/b.ts\n`;
    response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl", "content-length": String(list.length) }).end(list, "latin1");
  });
  await using proxy = await openForwardProxy(HOME, toHere);
  const target = `http://cam.example:${secure.port}/x?y=1`;
  assert.equal((await through(proxy, target)).status, 502, "until it is told, the server is asked in the clear, which it does not understand");
  assert.equal((await through(proxy, `http://web.example:${server.port}/moved`)).headers.location, target);
  assert.equal((await through(proxy, target)).body, "over TLS");
  const list = await through(proxy, `http://web.example:${server.port}/list`);
  assert.match(list.body, new RegExp(`\nhttp://cam\\.example:${secure.port}/a\\.ts\n#EXT-X-KEY:METHOD=AES-128,URI="http://Keys\\.example:443/k"\nrelative\\.ts\nhttp://\\[2606:2800::1\\]:443/b\\.ts\n$`));
  assert.equal(proxy.plain("https://user:p%40ss@cam.example/live?x=1"), "http://user:p%40ss@cam.example:443/live?x=1");
});

test("a playlist without end, and a server that breaks off, end the connection and nothing else", async () => {
  await using server = await plain(({ url }, response) => {
    if (url === "/broken") return void response.writeHead(200, { "content-length": "100" }).write("half", () => response.destroy());
    if (url === "/none") return void response.destroy();
    response.writeHead(200, { "content-type": "application/dash+xml" });
    const more = (): void => void response.write("x".repeat(65_536), (error) => error ?? more());
    more();
  });
  await using proxy = await openForwardProxy(HOME, toHere);
  assert.equal((await through(proxy, `http://a.example:${server.port}/endless.mpd`)).status, 502);
  assert.equal((await through(proxy, `http://a.example:${server.port}/none`)).status, 502);
  await assert.rejects(through(proxy, `http://a.example:${server.port}/broken`));
  assert.equal((await through(proxy, "http://127.0.0.1:1/")).status, 502);
});

test("who goes while a name is looked up has nothing opened for it, nor has a relay that was closed", async () => {
  let connections = 0;
  const camera = createServer((_, response) => void response.end()).on("connection", () => (connections += 1));
  await using server = await serve(camera);
  const lookups: (() => void)[] = [];
  const slowly: Lookup = () => new Promise((resolve) => lookups.push(() => resolve(["127.0.0.1"])));
  await using proxy = await openForwardProxy(HOME, slowly);
  const relay = await openRtspRelay({ host: "cam.example", port: server.port, tls: false }, HOME, slowly);
  const [leaving, relayed] = [connect(Number(new URL(proxy.url).port), "127.0.0.1"), connect(relay.port, "127.0.0.1")];
  relayed.on("error", () => undefined);
  const address = `http://cam.example:${server.port}/`;
  leaving.write(`GET ${address} HTTP/1.1\r\nHost: cam.example\r\n\r\n`);
  await until(() => lookups.length === 2, "both to be looked up");
  leaving.destroy();
  await relay[Symbol.asyncDispose]();
  // Who comes behind is served; by then it is known that the first has gone.
  const staying = through(proxy, address);
  await until(() => lookups.length === 3, "the third to be looked up");
  for (const found of lookups) found();
  assert.equal((await staying).status, 200);
  assert.equal(connections, 1);
});

function certificate(t: TestContext): { cert: Buffer; key: Buffer } | undefined {
  const folder = temporaryFolder({ secret: true });
  const [cert, key] = [join(folder, "crt.pem"), join(folder, "key.pem")];
  try {
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=cam.example", "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { cert: readFileSync(cert), key: readFileSync(key) };
  } catch {
    t.skip("SKIPPED: needs openssl");
    return undefined;
  }
}
