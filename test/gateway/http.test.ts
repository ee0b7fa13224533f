import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { request, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { buffer, text } from "node:stream/consumers";
import { test } from "node:test";
import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { published, statsRecord } from "../../src/wire/index.js";
import { CAPTURED_AT_MS, stats } from "../wire/records.js";
import { openTestGateway } from "./clients.js";

/** A GET as a browser with that Host header would send it; fetch does not let us choose it. */
function get(url: string, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    })
      .on("error", reject)
      .end();
  });
}

test("the page and every file that it names are served, each with its type, and named after their content", async () => {
  await using gateway = await openTestGateway();
  const page = await fetch(gateway.url);
  assert.equal(page.headers.get("content-type"), "text/html; charset=utf-8");
  const html = await page.text();
  const linked = [...html.matchAll(/(?:src|href)="?(\/[^"\s>]+)/g)].map(([, path]) => path!).filter((path) => path.startsWith("/assets/"));
  const types: Record<string, string> = { js: "text/javascript; charset=utf-8", css: "text/css; charset=utf-8", svg: "image/svg+xml" };
  assert.deepEqual(linked.map((path) => path.replace(/-[0-9a-f]{10}/, "")).toSorted(), ["/assets/app.js", "/assets/icon.svg", "/assets/style.css"]);
  for (const path of linked) {
    const response = await fetch(new URL(path, gateway.url));
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get("content-type"), types[path.split(".").at(-1)!]);
    const hash = createHash("sha256").update(await response.text()).digest("hex");
    assert.ok(path.includes(`-${hash.slice(0, 10)}.`), path);
    assert.match(response.headers.get("cache-control") ?? "", /immutable/);
  }
  assert.equal(page.headers.get("cache-control"), "no-cache", "a new version is seen at once");
});

/** A GET without what fetch does by itself. */
async function getRaw(url: string, headers: Record<string, string>): Promise<{ status: number; headers: IncomingHttpHeaders; body: Buffer }> {
  const [response] = (await once(request(url, { headers }).end(), "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}

test("the page is sent compressed to who can read that, all of it in less than 150 kB, and not twice", async () => {
  await using gateway = await openTestGateway();
  const plain = await getRaw(gateway.url, {});
  assert.equal(plain.headers["content-encoding"], undefined);
  const paths = ["", ...[...plain.body.toString().matchAll(/"?\/(assets\/[^"\s>]+)/g)].map(([, path]) => path!)];
  assert.equal(paths.length, 4);
  const readers = { br: brotliDecompressSync, gzip: gunzipSync };
  for (const [encoding, read] of Object.entries(readers)) {
    let bytes = 0;
    for (const path of paths) {
      const packed = await getRaw(gateway.url + path, { "accept-encoding": encoding === "br" ? "gzip, deflate, br" : "gzip" });
      assert.equal(packed.headers["content-encoding"], encoding);
      assert.deepEqual(read(packed.body), (await getRaw(gateway.url + path, { "accept-encoding": "identity, br;q=0" })).body);
      bytes += packed.body.length;
    }
    assert.ok(bytes < 150_000, `${bytes} bytes of ${encoding}`);
  }
  const again = await getRaw(gateway.url, { "if-none-match": plain.headers.etag ?? "" });
  assert.deepEqual([again.status, again.body.length], [304, 0]);
});

test("every answer forbids foreign scripts, sniffing and framing", async () => {
  await using gateway = await openTestGateway();
  for (const path of ["", "assets/none.js", "api/stats", "healthz", "nowhere"]) {
    const { headers } = await fetch(gateway.url + path);
    assert.match(headers.get("content-security-policy") ?? "", /^default-src 'none';script-src 'self';.*frame-ancestors 'none'$/);
    assert.equal(headers.get("x-content-type-options"), "nosniff");
  }
});

test("the newest figures of each stream are at /api/stats", async () => {
  await using gateway = await openTestGateway();
  assert.deepEqual(await (await fetch(`${gateway.url}api/stats`)).json(), { streams: [] });
  gateway.publish(published(statsRecord({ ...stats, decoded: 59 }, CAPTURED_AT_MS)));
  const newest = statsRecord(stats, CAPTURED_AT_MS);
  gateway.publish(published(newest));
  assert.deepEqual(await (await fetch(`${gateway.url}api/stats`)).json(), { streams: [newest] });
  assert.deepEqual(await (await fetch(`${gateway.url}healthz`)).json(), { status: "ok" });
});

test("nothing but the page's own files can be read", async () => {
  await using gateway = await openTestGateway();
  for (const path of ["assets/..%2findex.js", "assets/%2e%2e%2f%2e%2e%2findex.js", "assets/main.d.ts", "assets/made-from.txt", "assets/index.html", "package.json", "assets/"]) {
    assert.equal((await fetch(gateway.url + path)).status, 404, path);
  }
});

test("only GET and HEAD are answered", async () => {
  await using gateway = await openTestGateway();
  assert.equal((await fetch(gateway.url, { method: "HEAD" })).status, 200);
  for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"]) {
    const response = await fetch(gateway.url, { method });
    assert.deepEqual([response.status, response.headers.get("allow")], [405, "GET, HEAD"], method);
  }
});

test("bound to loopback, a foreign name for it is refused", async () => {
  await using gateway = await openTestGateway();
  assert.equal(await get(gateway.url, "evil.example"), 403);
  assert.equal(await get(gateway.url, `localhost:${new URL(gateway.url).port}`), 200);
});

test("a port that is taken is E_PORT_TAKEN, an address that is not ours E_SERVE", async () => {
  await using gateway = await openTestGateway();
  const port = Number(new URL(gateway.url).port);
  await assert.rejects(openTestGateway({ port }), {
    code: "E_PORT_TAKEN",
    message: `port ${port} of 127.0.0.1 is in use by another program`,
  });
  // 192.0.2.0/24 is reserved for documentation (RFC 5737): no machine has it.
  await assert.rejects(openTestGateway({ host: "192.0.2.1", insecureNoAuth: true }), { code: "E_SERVE" });
});

test("the address of a gateway bound to everything is one that a browser can open", async () => {
  await using gateway = await openTestGateway({ host: "0.0.0.0", insecureNoAuth: true });
  assert.match(gateway.url, /^http:\/\/localhost:\d+\/$/);
  assert.equal((await fetch(`${gateway.url}healthz`)).status, 200);
});

test("a request that never ends does not hold up the close", async () => {
  const gateway = await openTestGateway();
  const half = request(gateway.url, { method: "POST", headers: { "content-length": "10" } });
  half.on("error", () => undefined);
  half.write("half");
  const response = new Promise<string>((resolve) => half.on("response", (answer) => resolve(text(answer))));
  assert.match(await response, /only GET/);
  const started = performance.now();
  await gateway[Symbol.asyncDispose]();
  assert.ok(performance.now() - started < 1000);
  await assert.rejects(fetch(gateway.url));
});
