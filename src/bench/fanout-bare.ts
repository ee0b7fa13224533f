import { once } from "node:events";
import { WebSocketServer } from "ws";

/** A server that sends the same bytes to everybody and does nothing else: what `ws` can do on this machine. */
export interface BareServer extends AsyncDisposable {
  readonly url: string;
  send(bytes: Buffer): void;
  /** Waiting for the client that is furthest behind. */
  mostWaitingBytes(): number;
}

/** Opens one on a free port of this machine. */
export async function openBareServer(): Promise<BareServer> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
  server.on("connection", (socket) => socket.on("error", () => undefined));
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const options = { binary: false };
  const onSent = (): void => undefined;
  return {
    url: `ws://127.0.0.1:${port}/`,
    send(bytes) {
      for (const socket of server.clients) socket.send(bytes, options, onSent);
    },
    mostWaitingBytes: () => [...server.clients].reduce((most, { bufferedAmount }) => Math.max(most, bufferedAmount), 0),
    async [Symbol.asyncDispose]() {
      for (const socket of server.clients) socket.terminate();
      server.close();
      await once(server, "close");
    },
  };
}
