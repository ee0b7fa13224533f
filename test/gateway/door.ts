import { connect, type Socket } from "node:net";
import { request, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

/** An answer as a test looks at it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Asks as a browser or a tool would, with headers that fetch does not let us choose. */
export function ask(url: string, { method = "GET", headers = {}, body = "" }: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers: { ...(body !== "" && { "content-length": String(Buffer.byteLength(body)) }), ...headers } }, (response) => {
      void text(response).then((all) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all }), reject);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Status and code of a problem. */
export const told = ({ status, body }: Answer): [number, unknown] => [status, (JSON.parse(body) as { code: unknown }).code];

/** A connection on which a test says what it likes, and what came back until it was closed. */
export function rawConnection(url: string): { readonly socket: Socket; readonly said: Promise<string> } {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let all = "";
  socket.setEncoding("latin1").on("data", (part: string) => (all += part));
  socket.on("error", () => undefined);
  return { socket, said: new Promise((resolve) => socket.once("close", () => resolve(all))) };
}

/** The status of an upgrade, by a request of our own: 101 when it is let in. The connection is closed again. */
export async function upgradeStatus(url: string, path: string, headers: Record<string, string> = {}): Promise<number> {
  const { socket, said } = rawConnection(url);
  const all = { host: new URL(url).host, connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==", ...headers };
  socket.write(`GET ${path} HTTP/1.1\r\n${Object.entries(all).filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`);
  socket.once("data", () => socket.end());
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(await said)?.[1] ?? 0);
}
