import { createHash, randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ModelEntry } from "../../src/weights/index.js";

/** Answers one request; `nth` counts those for the same path from 1. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server of weights on this machine that behaves as it is told. */
export interface WeightsServer extends AsyncDisposable {
  readonly port: number;
  /** `http://127.0.0.1:PORT/path` */
  address(path: string): string;
  /** Breaks off every answer that is not at its end. What was sent just before may be lost, so call it once something has come. */
  cut(): void;
  /** All requests so far. */
  readonly requests: readonly { readonly path: string; readonly headers: IncomingMessage["headers"] }[];
}

/** Opens one; what is not in the table is not found. Proxies send whole addresses: their path counts. */
export async function openServer(behaviours: Readonly<Record<string, Behaviour>>): Promise<WeightsServer> {
  const requests: { path: string; headers: IncomingMessage["headers"] }[] = [];
  const answers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    answers.add(response);
    const path = new URL(request.url ?? "/", "http://here").pathname;
    requests.push({ path, headers: request.headers });
    const nth = requests.filter((one) => one.path === path).length;
    const behaviour = behaviours[path] ?? status(404);
    behaviour(request, response, nth);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    requests,
    cut() {
      for (const answer of answers) if (!answer.writableEnded) answer.destroy();
      answers.clear();
    },
    address: (path) => `http://127.0.0.1:${port}${path}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Serves the bytes as a good server does: with a range where one is asked for and is still of this file. */
export function good(bytes: Uint8Array, etag = '"one"'): Behaviour {
  return (request, response) => {
    const from = rangeOf(request, bytes.length, etag);
    if (from === 0) response.writeHead(200, { "content-length": bytes.length, etag });
    else response.writeHead(206, { "content-length": bytes.length - from, "content-range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`, etag });
    response.end(bytes.subarray(from));
  };
}

function rangeOf({ headers }: IncomingMessage, total: number, etag: string): number {
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? "")?.[1] ?? 0);
  const isSame = headers["if-range"] === undefined || headers["if-range"] === etag;
  return isSame && from < total ? from : 0;
}

/** Says how much will come, sends half of it and then nothing, until it is cut; `then` answers from the second time on. */
export function stalls(bytes: Uint8Array, then: Behaviour, etag = '"one"'): Behaviour {
  return (request, response, nth) => {
    if (nth > 1) return then(request, response, nth);
    response.writeHead(200, { "content-length": bytes.length, etag });
    response.write(bytes.subarray(0, bytes.length / 2));
  };
}

/** Nothing but a status. */
export function status(code: number, headers: Record<string, string> = {}): Behaviour {
  return (_, response) => void response.writeHead(code, headers).end("no");
}

/** Leads elsewhere. */
export function redirect(to: string, code = 302): Behaviour {
  return (_, response) => void response.writeHead(code, { location: to }).end();
}

/** Bytes that nobody has guessed. */
export function someBytes(count = 300_000): Uint8Array {
  return randomBytes(count);
}

/** What a registry would say of these bytes. */
export function entryOf(bytes: Uint8Array, address: string, some: Partial<ModelEntry> = {}): ModelEntry {
  return {
    name: "thing", family: "yolov8", inputWidthPx: 32, inputHeightPx: 32, labels: ["thing"], address,
    bytes: bytes.length, sha256: sha256(bytes), licence: "MIT", page: "https://example.org/thing", ...some,
  };
}

/** SHA-256 as hex digits. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
