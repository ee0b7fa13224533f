import { realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { PipelineError } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";
import type { Lookup } from "../egress/index.js";
import { displayOf, parseAddress, type SourceAddress } from "./address.js";
import { networkParts, type NetworkAddress } from "./network-address.js";

/** What a source that came by the API may be. The settings' part `api`. */
export interface ApiSourcePolicy {
  /** Schemes, and `test` and `device` for what has none. */
  readonly schemes: readonly string[];
  /** Whether it may lie at this machine or in a private network. */
  readonly allowPrivate: boolean;
  /** Folders whose files may be read. */
  readonly fileRoots: readonly string[];
}

/** A source that passed. It is checked again at each connection: what a name leads to may change. */
export interface CheckedSource {
  readonly address: SourceAddress;
  /** Its name for people, without secrets. */
  readonly display: string;
}

/** Where SRT and UDP would listen or reach further than the host that was checked. */
const REACHING_KEYS = ["mode", "localaddr", "localport", "sources"];

/**
 * Checks a source as it came by the API: its kind, its host's address, a file's place with links followed.
 * @throws PipelineError E_SOURCE_FORBIDDEN, E_SOURCE_UNREACHABLE, E_SOURCE_SCHEME, E_SOURCE_MISSING, E_USAGE
 */
export async function checkApiSource(name: string, policy: ApiSourcePolicy, lookup?: Lookup): Promise<CheckedSource> {
  const address = await apiAddress(name, policy);
  if (address.kind === "network") await (await import("../egress/index.js")).allowedAddress(networkParts(address).host, policy, lookup);
  return { address, display: displayOf(address) };
}

/** The part of the check that asks nobody on the network. */
export async function apiAddress(name: string, policy: ApiSourcePolicy): Promise<SourceAddress> {
  const address = parseAddress(name, false);
  switch (address.kind) {
    case "network":
      return checkNetwork(address, policy);
    case "pattern":
    case "numbered":
      return ofKind(address, "test", policy);
    case "device":
      return ofKind(address, "device", policy);
    case "stdin":
      throw forbidden("standard input", "it belongs to whoever started the program");
    case "file":
      return fileOrFolder(await insideRoots(address.path, policy));
    case "images":
      if (/[*?[{]/.test(address.pattern)) throw forbidden(redactAddress(name), "a pattern of files can't be checked; give a file or a folder");
      return { kind: "images", pattern: await insideRoots(address.pattern, policy) };
  }
}

async function fileOrFolder(path: string): Promise<SourceAddress> {
  const isFolder = (await stat(path)).isDirectory();
  return isFolder ? { kind: "images", pattern: path } : { kind: "file", path };
}

function ofKind<A extends SourceAddress>(address: A, kind: string, { schemes }: ApiSourcePolicy): A {
  if (schemes.includes(kind)) return address;
  throw forbidden(displayOf(address), `${kind} is not in api.schemes (${schemes.join(", ") || "empty"})`);
}

function checkNetwork(address: NetworkAddress, policy: ApiSourcePolicy): NetworkAddress {
  ofKind(address, address.scheme, policy);
  if (networkParts(address).host === "") throw forbidden(address.display, "it has no host: nothing listens here for the API");
  const query = /\?([^#]*)/.exec(address.url)?.[1] ?? "";
  const reaching = (address.scheme === "srt" || address.scheme === "udp") && [...new URLSearchParams(query)].find(([key, value]) => REACHING_KEYS.includes(key) && !(key === "mode" && value === "caller"));
  if (reaching) throw forbidden(address.display, `${reaching[0]} can't be set through the API`);
  return address;
}

/** The file's real place, which has to lie in one of the roots. What lies outside is not told apart from what is not there. */
export async function insideRoots(path: string, { fileRoots }: ApiSourcePolicy): Promise<string> {
  const real = await realpath(path).catch(() => undefined);
  const roots = await Promise.all(fileRoots.map((root) => realpath(root).catch(() => undefined)));
  const isInside = real !== undefined && roots.some((root) => root !== undefined && (real === root || real.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)));
  if (isInside) return real;
  throw forbidden(redactAddress(path), fileRoots.length === 0 ? "files are not opened for the API (api.fileRoots is empty)" : "there is no such file in api.fileRoots");
}

function forbidden(shown: string, why: string): PipelineError {
  return new PipelineError("E_SOURCE_FORBIDDEN", `${shown}: ${why}`);
}
