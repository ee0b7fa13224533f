import { once } from "node:events";
import { connect as connectPlain, createServer, isIP, type Socket } from "node:net";
import { connect as connectSecure } from "node:tls";
import { asPipelineError, PipelineError } from "../core/errors.js";
import type { AddressPolicy } from "./address-policy.js";
import { listenOnLoopback, refusalNote } from "./loopback.js";
import { allowedAddress, lookupAll, type Lookup } from "./resolve.js";
import { rtspWatch } from "./rtsp-watch.js";

/** The RTSP server that a source names. */
export interface RtspTarget {
  readonly host: string;
  readonly port: number;
  /** rtsps: the relay speaks TLS, FFmpeg does not. */
  readonly tls: boolean;
}

/** A way to one RTSP server, for one source. */
export interface RtspRelay extends AsyncDisposable {
  /** Of 127.0.0.1, for FFmpeg. */
  readonly port: number;
  /** Why the last connection did not come to be, or was cut off; undefined = for no reason of ours. */
  takeRefusal(): PipelineError | undefined;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** FFmpeg needs one, and a second while it probes. */
const MOST_CONNECTIONS = 4;

/**
 * Opens a relay on a free port of this machine. The server's address is looked up and checked for each connection; an answer
 * that sends FFmpeg elsewhere cuts it off, since FFmpeg would follow without asking.
 */
export async function openRtspRelay(target: RtspTarget, policy: AddressPolicy, lookup: Lookup = lookupAll): Promise<RtspRelay> {
  const open = new Set<Socket>();
  const refusal = refusalNote();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };
  const server = createServer((client) => {
    refusal.set(undefined);
    keep(client);
    client.on("error", () => undefined);
    void join(client, target, policy, lookup, keep, refusal.set).catch((thrown: unknown) => {
      refusal.set(asPipelineError(thrown, "E_SOURCE_UNREACHABLE"));
      client.destroy();
    });
  });
  const listening = await listenOnLoopback(server, MOST_CONNECTIONS, () => open.forEach((socket) => socket.destroy()));
  return { port: listening.port, takeRefusal: refusal.take, [Symbol.asyncDispose]: () => listening[Symbol.asyncDispose]() };
}

async function join(client: Socket, { host, port, tls }: RtspTarget, policy: AddressPolicy, lookup: Lookup, keep: (socket: Socket) => void, refused: (error: PipelineError) => void): Promise<void> {
  client.pause();
  const address = await allowedAddress(host, policy, lookup);
  // The relay was closed while the name was looked up: nobody would end the connection.
  if (client.destroyed) return;
  // Cameras sign their certificates themselves; FFmpeg takes any.
  const server = tls ? connectSecure({ host: address, port, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) }) : connectPlain(port, address);
  keep(server);
  server.setTimeout(CONNECT_TIMEOUT_MS, () => server.destroy(new Error("timeout")));
  client.once("close", () => server.destroy());
  server.once("close", () => client.destroy());
  await once(server, tls ? "secureConnect" : "connect").catch((cause: unknown) => {
    throw noConnection(host, port, cause);
  });
  server.on("error", () => undefined).setTimeout(0);
  const watch = rtspWatch();
  server.on("data", (chunk: Buffer) => {
    const verdict = watch(chunk);
    if (verdict !== "fine") {
      refused(new PipelineError("E_SOURCE_FORBIDDEN", verdict === "redirect" ? "the server sends elsewhere, which is not followed for the API" : "the server's answer is no plain RTSP, and is not passed on for the API"));
      return void client.destroy();
    }
    if (!client.write(chunk)) server.pause();
  });
  client.on("drain", () => server.resume());
  server.once("end", () => client.end());
  client.pipe(server);
}

function noConnection(host: string, port: number, cause: unknown): PipelineError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ECONNREFUSED") return new PipelineError("E_SOURCE_REFUSED", `${host}:${port}: the connection was refused: nothing listens there`, { cause });
  if (cause instanceof Error && cause.message === "timeout") return new PipelineError("E_SOURCE_TIMEOUT", `${host}:${port}: no answer came in time`, { cause });
  if (code.startsWith("ERR_SSL") || code === "EPROTO" || code === "ECONNRESET") return new PipelineError("E_SOURCE_TLS", `${host}:${port}: no secure connection could be made`, { cause });
  return new PipelineError("E_SOURCE_UNREACHABLE", `${host}:${port}: there is no way to the host (${code})`, { cause });
}
