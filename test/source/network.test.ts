import assert from "node:assert/strict";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { parseAddress } from "../../src/source/address.js";
import { examineSource } from "../../src/source/examine.js";
import { probeSource, type ProbeStep } from "../../src/source/probe-source.js";
import { temporaryFolder } from "../support/pool.js";
import { ffmpeg } from "../support/source.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=160x96:rate=10:duration=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", at("clip.ts"));
ffmpeg("-f", "lavfi", "-i", "sine=duration=1", at("sound.ts"));
writeFileSync(at("page.html"), "<html><body>no video at all</body></html>".repeat(20));
// The segment exists and has an allowed extension: only the list of protocols keeps it closed.
writeFileSync(at("evil.m3u8"), `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://${at("clip.ts")}\n#EXT-X-ENDLIST\n`);
writeFileSync(at("good.m3u8"), "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nclip.ts\n#EXT-X-ENDLIST\n");

/** A server of files that wants a password, or answers with the status that the path names. */
function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = (request.url ?? "").slice(1);
  const status = Number(path);
  const wanted = `Basic ${Buffer.from("admin:s3c@r/t").toString("base64")}`;
  if (path === "silent") return;
  if (status >= 400) return void response.writeHead(status).end();
  if (request.headers.authorization !== wanted) return void response.writeHead(401, { "www-authenticate": 'Basic realm="test"' }).end();
  // As most small servers answer: without a length, ended by closing.
  if (path === "page.html") return void response.writeHead(200, { "content-type": "text/html", connection: "close" }).end(readFileSync(at(path)));
  response.writeHead(200, { "content-type": path.endsWith("m3u8") ? "application/vnd.apple.mpegurl" : "application/octet-stream" }).end(readFileSync(at(path)));
}

async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => void sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A server that answers each RTSP request with the status at the end of its address, or does something worse. */
function rtspServer(): Server {
  return createServer((socket) => {
    socket.on("error", () => undefined).on("data", (data) => {
      const text = String(data);
      const what = /\/(\w+) RTSP\/1\.0/.exec(text)?.[1] ?? "";
      if (what === "closed") return void socket.destroy();
      if (what === "silent") return;
      const sequence = /CSeq: (\d+)/i.exec(text)?.[1] ?? "1";
      socket.write(`RTSP/1.0 ${what} Because\r\nCSeq: ${sequence}\r\n\r\n`);
    });
  });
}

const settings = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", probeTimeoutMs: 20_000, ioTimeoutMs: 1500, connectTimeoutMs: 1500, firstFrameTimeoutMs: 18_000 };
const probe = (address: string, more = {}) => probeSource(parseAddress(address, false), { ...settings, ...more });

test("a stream behind a password with @ and / is probed, written plain or encoded, and no argument of any process holds it", async () => {
  await using server = await listening(createHttp(answer));
  const spy = at("spying-ffprobe");
  writeFileSync(spy, `#!/bin/sh\nprintf '%s\\n' "$@" >> '${at("arguments")}'\nexec ffprobe "$@"\n`);
  chmodSync(spy, 0o755);
  for (const password of ["s3c@r/t", "s3c%40r%2Ft"]) {
    const { codec, widthPx, heightPx, fps, steps } = await probe(`http://admin:${password}@127.0.0.1:${server.port}/clip.ts`, { ffprobePath: spy });
    assert.deepEqual([codec, widthPx, heightPx, fps], ["h264", 160, 96, 10]);
    assert.deepEqual(steps.map(({ name }) => name), ["stream"]);
  }
  const given = readFileSync(at("arguments"), "utf8");
  assert.match(given, /pipe:0/);
  assert.doesNotMatch(given, /s3c|127\.0\.0\.1/);
});

test("every step to the first picture is told with its time, in order", async () => {
  await using server = await listening(createHttp(answer));
  const told: ProbeStep[] = [];
  const address = parseAddress(`http://admin:s3c@r/t@localhost:${server.port}/clip.ts`, false);
  const found = await examineSource(address, settings, (step) => told.push(step), new AbortController().signal);
  assert.deepEqual(told.map(({ name }) => name), ["name", "connection", "stream", "first frame"]);
  assert.deepEqual(found.steps, told);
  assert.ok(told.every(({ tookMs }) => tookMs >= 0 && tookMs < 30_000));
  assert.equal(told[3]?.detail, "160x96, connection included");
});

test("a playlist of the web may lead to the web, never to a file", async () => {
  await using server = await listening(createHttp(answer));
  const base = `http://admin:s3c%40r%2Ft@127.0.0.1:${server.port}`;
  assert.equal((await probe(`${base}/good.m3u8`)).widthPx, 160);
  await assert.rejects(probe(`${base}/evil.m3u8`), { code: "E_SOURCE_SCHEME", message: /leads to an address with file:/ });
});

test("what a web server does wrong is told exactly", async () => {
  await using server = await listening(createHttp(answer));
  const base = `127.0.0.1:${server.port}`;
  const cases = [
    [`http://admin:no@${base}/clip.ts`, "E_SOURCE_AUTH"], [`http://${base}/403`, "E_SOURCE_AUTH"], [`http://${base}/404`, "E_SOURCE_NOT_FOUND"], [`http://${base}/503`, "E_SOURCE_REFUSED"],
    [`http://admin:s3c@r/t@${base}/page.html`, "E_SOURCE_NOT_VIDEO"], [`http://admin:s3c@r/t@${base}/sound.ts`, "E_SOURCE_AUDIO_ONLY"],
    [`https://${base}/clip.ts`, "E_SOURCE_TLS"], [`http://${base}/silent`, "E_SOURCE_TIMEOUT"],
  ] as const;
  for (const [address, code] of cases) await assert.rejects(probe(address), { code }, address);
});

test("what an RTSP server does wrong is told exactly", async () => {
  await using server = await listening(rtspServer());
  const cases = [["401", "E_SOURCE_AUTH"], ["403", "E_SOURCE_AUTH"], ["404", "E_SOURCE_NOT_FOUND"], ["453", "E_SOURCE_REFUSED"], ["500", "E_SOURCE_REFUSED"], ["closed", "E_SOURCE_TIMEOUT"], ["silent", "E_SOURCE_TIMEOUT"]] as const;
  for (const [what, code] of cases) await assert.rejects(probe(`rtsp://127.0.0.1:${server.port}/${what}`), { code }, what);
});

test("nobody listening and a name nobody has are told before FFmpeg is asked, and by FFmpeg the same", async () => {
  const gone = await listening(createServer());
  await gone[Symbol.asyncDispose]();
  const examine = (address: string) => examineSource(parseAddress(address, false), { ...settings, ffprobePath: "/nowhere/ffprobe" }, () => undefined, new AbortController().signal);
  for (const scheme of ["rtsp", "http", "rtmp"]) {
    await assert.rejects(examine(`${scheme}://127.0.0.1:${gone.port}/a/b`), { code: "E_SOURCE_REFUSED" });
    await assert.rejects(probe(`${scheme}://127.0.0.1:${gone.port}/a/b`), { code: "E_SOURCE_REFUSED" }, scheme);
  }
  // RFC 6761: no resolver knows a name under "invalid".
  await assert.rejects(examine("rtsp://camera.invalid/1"), { code: "E_SOURCE_UNREACHABLE" });
  await assert.rejects(probe("rtsp://camera.invalid/1"), { code: "E_SOURCE_UNREACHABLE" });
});

test("datagrams that never come are a timeout", async () => {
  const quiet = createServer();
  await using server = await listening(quiet);
  await assert.rejects(probe(`udp://127.0.0.1:${server.port}`), { code: "E_SOURCE_TIMEOUT" });
});

test("a test picture is what its name says, and an unknown camera is none", async () => {
  const { widthPx, heightPx, fps, expectedFrames } = await probe("test:bars?size=64x48&rate=5");
  assert.deepEqual([widthPx, heightPx, fps, expectedFrames], [64, 48, 5, null]);
  await assert.rejects(probeSource(parseAddress("device:97", false, "linux"), settings), { code: "E_DEVICE" });
});
