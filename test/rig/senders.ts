import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";

/** A camera of some other kind than RTSP, made of FFmpeg: bars that carry the frame's number, as the RTSP cameras send. */
export interface Sender extends AsyncDisposable {
  readonly url: string;
}

export const SENDER_RATE_FPS = 15;
/** The same picture as rtsp_server.py draws: 16 bars, the lowest bit on the left. */
const PICTURE =
  `color=c=black:s=320x180:r=${SENDER_RATE_FPS},format=yuv420p,` +
  `geq=lum='if(mod(floor(N/pow(2,floor(X*16/W))),2),235,16)':cb=128:cr=128`;
const INPUT = ["-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi", "-i", PICTURE];
/** A key frame each half second: the one who joins late sees a picture soon. */
const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "8", "-bf", "0", "-threads", "1"];
const JPEG = ["-c:v", "mjpeg", "-q:v", "3", "-pix_fmt", "yuvj420p"];

/** A free port: asked of the kernel, given back, and taken by the program that is told it. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(resolve));
  return port;
}

/** Runs FFmpeg for as long as the sender lives: one that serves a single client is there again for the next. */
function keepRunning(args: readonly string[]): AsyncDisposable {
  let over = false;
  let child: ChildProcess;
  const start = (): void => {
    child = spawn("ffmpeg", args, { stdio: "ignore" });
    child.once("exit", () => over || start());
  };
  start();
  return {
    async [Symbol.asyncDispose]() {
      over = true;
      const gone = once(child, "exit");
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** MPEG-TS in datagrams, sent whether somebody listens or not. */
export async function udpSender(): Promise<Sender> {
  const url = `udp://127.0.0.1:${await freePort()}`;
  return { url, ...keepRunning([...INPUT, ...H264, "-f", "mpegts", `${url}?pkt_size=1316`]) };
}

/** FFmpeg as an SRT server. */
export async function srtSender(): Promise<Sender> {
  const url = `srt://127.0.0.1:${await freePort()}`;
  return { url, ...keepRunning([...INPUT, ...H264, "-f", "mpegts", `${url}?mode=listener`]) };
}

/** FFmpeg as an RTMP server. */
export async function rtmpSender(): Promise<Sender> {
  const url = `rtmp://127.0.0.1:${await freePort()}/live/cam`;
  return { url, ...keepRunning([...INPUT, ...H264, "-f", "flv", "-listen", "1", url]) };
}

/** Each client of this server gets the stream from its first frame on. */
function streaming(args: readonly string[], contentType: string, children: Set<ChildProcess>): RequestListener {
  return (_request: IncomingMessage, response: ServerResponse) => {
    response.writeHead(200, { "content-type": contentType });
    const child = spawn("ffmpeg", [...INPUT, ...args, "pipe:1"], { stdio: ["ignore", "pipe", "ignore"] });
    children.add(child);
    child.once("exit", () => children.delete(child));
    child.stdout.pipe(response);
    response.on("close", () => child.kill("SIGKILL"));
  };
}

async function served(server: Server, path: string, children: Set<ChildProcess>, scheme = "http"): Promise<Sender> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/${path}`,
    async [Symbol.asyncDispose]() {
      for (const child of children) child.kill("SIGKILL");
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a stream over HTTP may be packed in. */
const OVER_HTTP = {
  mjpeg: { args: [...JPEG, "-f", "mpjpeg"], contentType: "multipart/x-mixed-replace;boundary=ffmpeg", path: "video.mjpg" },
  ts: { args: [...H264, "-f", "mpegts"], contentType: "video/mp2t", path: "live.ts" },
  flv: { args: [...H264, "-f", "flv"], contentType: "video/x-flv", path: "live.flv" },
} as const;

/** A stream over HTTP; with a certificate over HTTPS. */
export function httpSender(kind: keyof typeof OVER_HTTP, tls?: Certificate): Promise<Sender> {
  const children = new Set<ChildProcess>();
  const { args, contentType, path } = OVER_HTTP[kind];
  const listener = streaming(args, contentType, children);
  const server = tls ? createSecureServer({ cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile) }, listener) : createServer(listener);
  return served(server, path, children, tls ? "https" : "http");
}

/** A live HLS playlist, of which FFmpeg writes segment after segment into the folder. */
export async function hlsSender(folder: string): Promise<Sender> {
  const args = [...INPUT, ...H264, "-f", "hls", "-hls_time", "1", "-hls_list_size", "4", "-hls_flags", "delete_segments", join(folder, "live.m3u8")];
  const children = new Set([spawn("ffmpeg", args, { stdio: "ignore" })]);
  const server = createServer((request, response) => {
    try {
      const name = basename(request.url ?? "");
      const body = readFileSync(join(folder, name));
      response.writeHead(200, { "content-type": name.endsWith("m3u8") ? "application/vnd.apple.mpegurl" : "video/mp2t" }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return served(server, "live.m3u8", children);
}

/** A certificate that its owner has signed, as cameras have. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes one for 127.0.0.1. */
export function selfSigned(folder: string): Certificate {
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  execFileSync(
    "openssl",
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", keyFile, "-out", certFile],
    { stdio: "ignore" },
  );
  return { certFile, keyFile };
}
