import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTcp, type AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { createRing } from "../../src/ring/index.js";
import { openSource, type ApiSourcePolicy, type SourceEvent } from "../../src/source/index.js";
import { requireRtspServer, startCamera } from "../rig/rtsp-server.js";
import { PLANTED } from "../support/planted.js";
import { temporaryFolder } from "../support/pool.js";
import { CENTRED, ffmpeg, liveLimits } from "../support/source.js";
import { until } from "../support/until.js";

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
mkdirSync(at("root"));
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p", at("root/clip.ts"));
ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=10:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p", at("root/clip.mp4"));
const CLIP = readFileSync(at("root/clip.ts"));

const HOME: ApiSourcePolicy = { schemes: ["http", "rtsp"], allowPrivate: true, fileRoots: [at("root")] };
/** Where a cloud tells a machine its keys. */
const METADATA = "169.254.169.254";

/** A web server that notes what it was asked for. */
async function web(answer: (path: string, response: ServerResponse, request: IncomingMessage) => void): Promise<{ port: number; asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request.url ?? "", response, request);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const playlist = (...entries: string[]): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${entries.map((entry) => `#EXTINF:1,\n${entry}\n`).join("")}#EXT-X-ENDLIST\n`;

interface Heard extends AsyncDisposable {
  readonly events: readonly SourceEvent[];
  frames(): number;
  /** The code and message of the first failure that was told. */
  failure(): Promise<[string, string]>;
}

/** Opens a source as one that came by the API. */
async function open(name: string, policy: ApiSourcePolicy | null = HOME, lookup?: (host: string) => Promise<readonly string[]>): Promise<Heard> {
  const ring = createRing({ slots: 3, slotBytes: 3 * 96 * 64 });
  const limits = liveLimits({ backoffMinMs: 50, backoffMaxMs: 100 });
  const options = { ffmpegPath: "ffmpeg", ffprobePath: "ffprobe", realtime: false, loop: false, decodeThreads: 1, picture: null, limits, policy, input: { widthPx: 96, heightPx: 64, letterbox: CENTRED } };
  const source = await openSource(name, "test", options, ring, { clock: systemClock, signal: new AbortController().signal, ...(lookup && { lookup }) });
  const events: SourceEvent[] = [];
  source.start((event) => {
    events.push(event);
    if (event.type === "frame") event.lease[Symbol.dispose]();
  });
  const failureIn = (): [string, string] | undefined => {
    for (const event of events) {
      if (event.type === "ended" && event.error) return [event.error.code, event.error.message];
      if (event.type === "state" && event.reason) return [event.reason, event.message ?? ""];
    }
    return undefined;
  };
  return {
    events,
    frames: () => events.filter(({ type }) => type === "frame").length,
    async failure() {
      await until(() => failureIn() !== undefined, `a failure of ${name}`);
      return failureIn()!;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(source[Symbol.asyncDispose]()),
  };
}

test("an allowed http source flows through the proxy, under a name that only we can look up", async () => {
  await using server = await web((_, response) => void response.end(CLIP));
  await using source = await open(`http://cam.example:${server.port}/clip.ts`, HOME, () => Promise.resolve(["127.0.0.1"]));
  await until(() => source.frames() >= 10, "ten frames");
});

test("a redirect to the metadata address is refused, and so is one to a name that leads there", async () => {
  await using server = await web((path, response) => void response.writeHead(302, { location: path === "/name" ? "http://keys.example/latest/" : `http://${METADATA}/latest/` }).end());
  const lookup = (host: string): Promise<readonly string[]> => Promise.resolve([host === "keys.example" ? METADATA : "127.0.0.1"]);
  for (const path of ["address", "name"]) {
    await using source = await open(`http://cam.example:${server.port}/${path}`, HOME, lookup);
    const [code, message] = await source.failure();
    assert.equal(code, "E_SOURCE_FORBIDDEN", message);
    assert.match(message, /^http:\/\/cam\.example:\d+\/\w+ leads there: .*169\.254\.169\.254, a link-local address: it is not opened for the API/);
  }
});

const ENTRIES: [what: string, entry: string][] = [
  ["the metadata address", `http://${METADATA}/latest/a.ts`],
  ["the metadata address over TLS", `https://${METADATA}/latest/a.ts`],
  ["another proxy, which is to lead there", `httpproxy://${METADATA}:80/a.ts`],
  ["the metadata address in other digits", "http://2852039166/a.ts"],
];
for (const [what, entry] of ENTRIES) {
  test(`a playlist's entry with ${what} is refused, also where the environment would make an exception`, async (t) => {
    process.env["no_proxy"] = "*";
    t.after(() => delete process.env["no_proxy"]);
    await using server = await web((_, response) => void response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" }).end(playlist(entry)));
    await using source = await open(`http://127.0.0.1:${server.port}/live.m3u8`);
    const [code, message] = await source.failure();
    assert.equal(code, entry.startsWith("httpproxy") ? "E_SOURCE_SCHEME" : "E_SOURCE_FORBIDDEN", message);
    assert.equal(source.frames(), 0);
  });
}

test("a playlist whose entries may be opened flows", async () => {
  await using server = await web((path, response) => void (path === "/live.m3u8" ? response.writeHead(200, { "content-type": "application/vnd.apple.mpegurl" }).end(playlist("clip.ts")) : response.end(CLIP)));
  await using source = await open(`http://127.0.0.1:${server.port}/live.m3u8`);
  await until(() => source.frames() >= 10, "ten frames");
  assert.ok(server.asked.includes("/clip.ts"));
});

test("a name is looked up for each connection, and refused when its answer has changed", async () => {
  await using server = await web((_, response) => void response.end(CLIP));
  let frames = (): number => 0;
  let askedBefore: number | undefined;
  // How often it is looked up until frames come is the machine's affair; when they have come it leads elsewhere.
  const lookup = (): Promise<string[]> => {
    if (frames() < 10) return Promise.resolve(["127.0.0.1"]);
    askedBefore ??= server.asked.length;
    return Promise.resolve([METADATA]);
  };
  await using source = await open(`http://rebind.example:${server.port}/clip.ts`, HOME, lookup);
  frames = source.frames;
  await until(() => source.frames() >= 10, "frames from the first connection");
  await until(() => source.events.some((event) => event.type === "state" && event.reason === "E_SOURCE_FORBIDDEN"), "the changed answer");
  assert.equal(server.asked.length, askedBefore, "no connection came after the answer changed");
});

/** An RTSP server that answers everything with one status, and notes whom it was asked by. */
async function rtsp(answer: string): Promise<{ port: number; asked: string[] } & AsyncDisposable> {
  const asked: string[] = [];
  const server = createTcp((socket) => {
    socket.on("error", () => undefined).on("data", (data) => {
      asked.push(String(data).split(" ", 2).join(" "));
      const sequence = /CSeq: (\d+)/i.exec(String(data))?.[1] ?? "1";
      socket.write(`RTSP/1.0 ${answer.replace("\r\n", `\r\nCSeq: ${sequence}\r\n`)}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, asked, [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())) };
}

test("an rtsp server is asked by the address that was checked, and one that is not allowed not at all", async () => {
  await using server = await rtsp("404 Not Found\r\n\r\n");
  {
    await using source = await open(`rtsp://cam.example:${server.port}/live`, HOME, () => Promise.resolve(["127.0.0.1"]));
    const [code, message] = await source.failure();
    assert.equal(code, "E_SOURCE_NOT_FOUND", message);
    assert.match(message, /^rtsp:\/\/cam\.example:/, "people see the name that they gave");
  }
  const before = server.asked.length;
  assert.ok(before > 0);
  await using refused = await open(`rtsp://cam.example:${server.port}/live`, { ...HOME, allowPrivate: false }, () => Promise.resolve(["127.0.0.1"]));
  assert.equal((await refused.failure())[0], "E_SOURCE_FORBIDDEN");
  assert.equal(server.asked.length, before);
});

test("a camera with a password flows through the relay", async (t) => {
  if (!requireRtspServer(t)) return;
  const [password] = PLANTED.passwords;
  await using camera = await startCamera({ user: PLANTED.user, password });
  await using source = await open(camera.urlFor(PLANTED.user, password).replace("127.0.0.1", "cam.example"), HOME, () => Promise.resolve(["127.0.0.1"]));
  await until(() => source.frames() >= 10, "ten frames");
});

test("an rtsp server that sends elsewhere is not followed, although FFmpeg by itself would", async () => {
  await using elsewhere = await rtsp("404 Not Found\r\n\r\n");
  await using server = await rtsp(`302 Moved\r\nLocation: rtsp://127.0.0.1:${elsewhere.port}/keys\r\n\r\n`);
  {
    await using source = await open(`rtsp://127.0.0.1:${server.port}/live`);
    const [code, message] = await source.failure();
    assert.equal(code, "E_SOURCE_FORBIDDEN", message);
    assert.match(message, /the server sends elsewhere, which is not followed for the API/);
    assert.deepEqual(elsewhere.asked, []);
  }
  await using trusted = await open(`rtsp://127.0.0.1:${server.port}/live`, null);
  assert.equal((await trusted.failure())[0], "E_SOURCE_NOT_FOUND");
  assert.ok(elsewhere.asked.length > 0, "what the settings file says is followed");
});

test("a file inside the roots is read; a list inside that leads out is not followed; links out of a folder are refused", async () => {
  writeFileSync(at("root/evil.m3u8"), playlist(`file://${at("root/clip.ts")}`));
  writeFileSync(at("root/evil.mp4"), "ffconcat version 1.0\nfile clip.mp4\n");
  {
    await using source = await open(at("root/clip.mp4"));
    await until(() => source.frames() === 10, "all frames of the file");
  }
  for (const name of ["evil.m3u8", "evil.mp4"]) await assert.rejects(open(at(`root/${name}`)), { code: "E_SOURCE_NOT_VIDEO" }, name);
  mkdirSync(at("root/stills"));
  ffmpeg("-f", "lavfi", "-i", "testsrc2=size=96x64:rate=1:duration=1", "-frames:v", "1", at("outside.png"));
  symlinkSync(at("outside.png"), at("root/stills/1.png"));
  await assert.rejects(open(at("root/stills")), { code: "E_SOURCE_FORBIDDEN" });
});
