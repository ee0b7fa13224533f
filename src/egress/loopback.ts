import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";
import type { PipelineError } from "../core/errors.js";

/** A server of this machine alone, for one source. Disposing ends it with its connections. */
export interface LoopbackServer extends AsyncDisposable {
  readonly port: number;
}

/** Has a server listen on a free port of 127.0.0.1. `endAll` ends the connections that are open. */
export async function listenOnLoopback(server: Server, mostConnections: number, endAll: () => void): Promise<LoopbackServer> {
  server.maxConnections = mostConnections;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      endAll();
      await closed;
    },
  };
}

/** The newest refusal, until it is asked for. */
export interface RefusalNote {
  set(refusal: PipelineError | undefined): void;
  take(): PipelineError | undefined;
}

/** Makes an empty one. */
export function refusalNote(): RefusalNote {
  let newest: PipelineError | undefined;
  return {
    set: (refusal) => void (newest = refusal),
    take() {
      const one = newest;
      newest = undefined;
      return one;
    },
  };
}
