import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { systemClock } from "../core/clock.js";
import { PipelineError, type ErrorCode } from "../core/errors.js";
import { networkParts, type NetworkAddress } from "./network-address.js";
import type { ProbeStep } from "./probe-source.js";
import { SCHEMES } from "./schemes.js";

/** What the system calls an error, and what it means. */
const SYSTEM_ERRORS: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOTFOUND: ["E_SOURCE_UNREACHABLE", "the name of the host is not known"],
  EAI_AGAIN: ["E_SOURCE_UNREACHABLE", "the name of the host can't be looked up now"],
  ECONNREFUSED: ["E_SOURCE_REFUSED", "the connection was refused: nothing listens there"],
  EHOSTUNREACH: ["E_SOURCE_UNREACHABLE", "there is no route to the host"],
  EHOSTDOWN: ["E_SOURCE_UNREACHABLE", "the host is down"],
  ENETUNREACH: ["E_SOURCE_UNREACHABLE", "there is no route to the host"],
  ETIMEDOUT: ["E_SOURCE_TIMEOUT", "no answer came in time"],
  ECONNRESET: ["E_SOURCE_DISCONNECTED", "the other side ended the connection"],
};

/**
 * Goes the way to a server step by step, as FFmpeg would: name, TCP, TLS. Each step is told when it is done. Nothing for
 * what has no connection (SRT, UDP) or where we listen.
 * @throws PipelineError E_SOURCE_UNREACHABLE, E_SOURCE_REFUSED, E_SOURCE_TIMEOUT, E_SOURCE_DISCONNECTED, E_SOURCE_TLS
 */
export async function reach(address: NetworkAddress, timeoutMs: number, onStep: (step: ProbeStep) => void, signal: AbortSignal): Promise<void> {
  const scheme = SCHEMES[address.scheme];
  if (!scheme?.tcp) return;
  const { host, port } = networkParts(address);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const timed = async <T>(name: ProbeStep["name"], work: () => Promise<T>, detail: (result: T) => string): Promise<T> => {
    const startedMs = systemClock.monotonicMs();
    const result = await work().catch((cause: unknown) => {
      throw limit.aborted && !signal.aborted ? tooLong(address, timeoutMs) : meaning(address, name, cause);
    });
    onStep({ name, tookMs: systemClock.monotonicMs() - startedMs, detail: detail(result) });
    return result;
  };
  if (isIP(host) === 0) await timed("name", () => resolved(host, limit), (found) => found.join(", "));
  using socket = disposable(await timed("connection", () => connected(host, port, limit), ({ remoteAddress }) => `${remoteAddress} port ${port}`));
  if (!scheme.tls) return;
  using _tls = disposable(await timed("tls", () => secured(socket, host, limit), certificate));
}

async function resolved(host: string, limit: AbortSignal): Promise<string[]> {
  const found = await Promise.race([lookup(host, { all: true }), aborted(limit)]);
  return [...new Set(found.map(({ address }) => address))];
}

function aborted(limit: AbortSignal): Promise<never> {
  return new Promise((_, reject) => limit.addEventListener("abort", () => reject(new Error("aborted")), { once: true }));
}

function connected(host: string, port: number, limit: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port });
  return settled(socket, "connect", limit);
}

/** Cameras sign their certificates themselves, and FFmpeg takes any; whether it is trusted is told, not asked for. */
function secured(socket: Socket, host: string, limit: AbortSignal): Promise<TLSSocket> {
  const secure = connectTls({ socket, rejectUnauthorized: false, ...(isIP(host) === 0 && { servername: host }) });
  return settled(secure, "secureConnect", limit);
}

function settled<S extends Socket>(socket: S, event: "connect" | "secureConnect", limit: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      socket.destroy();
      reject(error instanceof Error ? error : new Error("aborted"));
    };
    const late = (): void => fail(limit.reason);
    if (limit.aborted) late();
    limit.addEventListener("abort", late);
    socket.on("error", fail).once("close", () => fail(Object.assign(new Error("closed"), { code: "ECONNRESET" })));
    socket.once(event, () => {
      limit.removeEventListener("abort", late);
      resolve(socket);
    });
  });
}

function disposable<S extends Socket>(socket: S): S & Disposable {
  return Object.assign(socket, { [Symbol.dispose]: () => void socket.destroy() });
}

function certificate(socket: TLSSocket): string {
  const trust = socket.authorized ? "certificate trusted" : `certificate not trusted (${String(socket.authorizationError)})`;
  return `${socket.getProtocol() ?? "TLS"}, ${trust}`;
}

function tooLong({ display }: NetworkAddress, timeoutMs: number): PipelineError {
  return new PipelineError("E_SOURCE_TIMEOUT", `${display}: no connection within ${timeoutMs} ms`);
}

function meaning({ display }: NetworkAddress, step: ProbeStep["name"], cause: unknown): PipelineError {
  const systemCode = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const known = SYSTEM_ERRORS[systemCode];
  if (step === "tls" && (known === undefined || systemCode === "ECONNRESET")) {
    return new PipelineError("E_SOURCE_TLS", `${display}: no secure connection could be made: the server speaks no TLS there, or one that is not accepted`, { cause });
  }
  const [code, words] = known ?? ["E_SOURCE_UNREACHABLE", `no connection (${systemCode || String(cause)})`];
  return new PipelineError(code, `${display}: ${words}`, { cause });
}
