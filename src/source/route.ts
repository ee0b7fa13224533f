import type { PipelineError } from "../core/errors.js";
import type { ForwardProxy, Lookup } from "../egress/index.js";
import type { SourceAddress } from "./address.js";
import type { ApiSourcePolicy } from "./api-source.js";
import { networkParts, type NetworkAddress } from "./network-address.js";

/** How FFmpeg gets to a source. */
export interface Route extends AsyncDisposable {
  /**
   * The address for the next connection: for what came by the API, looked up and checked anew.
   * @throws PipelineError E_SOURCE_FORBIDDEN, E_SOURCE_UNREACHABLE
   */
  next(): Promise<SourceAddress>;
  /** A connection that was refused on the way since this was asked. */
  takeRefusal(): PipelineError | undefined;
}

/** Few sources come by the API; the others need not wait for this code. */
const egressCode = () => import("../egress/index.js");

const NOTHING_TO_CLOSE = { takeRefusal: () => undefined, [Symbol.asyncDispose]: () => Promise.resolve() };

/** The way to a source. Only one on the network that came by the API is led: the others go as they are. */
export async function openRoute(address: SourceAddress, policy: ApiSourcePolicy | null, lookup?: Lookup): Promise<Route> {
  if (policy === null || address.kind !== "network") return { next: () => Promise.resolve(address), ...NOTHING_TO_CLOSE };
  const { host, port } = networkParts(address);
  const { allowedAddress, openForwardProxy, openRtspRelay } = await egressCode();
  // Proxy and relay look each connection up themselves; this is to say at once, and in our words, what is wrong with the first.
  const checked = async (to: NetworkAddress): Promise<NetworkAddress> => allowedAddress(host, policy, lookup).then(() => to);
  switch (address.scheme) {
    case "http":
    case "https": {
      const proxy = await openForwardProxy(policy, lookup);
      return { next: () => checked(throughProxy(address, proxy)), takeRefusal: () => proxy.takeRefusal(), [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
    }
    case "rtsp":
    case "rtsps": {
      const relay = await openRtspRelay({ host, port, tls: address.scheme === "rtsps" }, policy, lookup);
      const url = withAuthority(address.url, `127.0.0.1:${relay.port}`).replace(/^rtsps:/i, "rtsp:");
      return { next: () => checked({ ...address, scheme: "rtsp", url, guard: { proxy: null } }), takeRefusal: () => relay.takeRefusal(), [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose]() };
    }
    default:
      return { next: () => pinned(address, policy, lookup), ...NOTHING_TO_CLOSE };
  }
}

/** The address that was checked stands in place of the name: FFmpeg looks nothing up. */
async function pinned(address: NetworkAddress, policy: ApiSourcePolicy, lookup?: Lookup): Promise<NetworkAddress> {
  const { host, port } = networkParts(address);
  const { allowedAddress } = await egressCode();
  const ip = await allowedAddress(host, policy, lookup);
  return { ...address, url: withAuthority(address.url, `${ip.includes(":") ? `[${ip}]` : ip}:${port}`), guard: { proxy: null } };
}

/** The same address at another host; who asks, and for what, stays. */
function withAuthority(url: string, authority: string): string {
  return url.replace(/^([a-z]+:\/\/(?:[^/?#]*@)?)[^/?#]*/i, (_, head: string) => `${head}${authority}`);
}

function throughProxy(address: NetworkAddress, proxy: ForwardProxy): NetworkAddress {
  return { ...address, scheme: "http", url: proxy.plain(address.url), guard: { proxy: proxy.url } };
}
