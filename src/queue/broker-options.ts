import { readFile } from "node:fs/promises";
import { PipelineError, systemCodeOf } from "../core/errors.js";
import { redactAddress } from "../core/redact.js";

/** How to reach the broker. The settings' part `inference.queue`. */
export interface BrokerOptions {
  /** nats://HOST:PORT or tls://HOST:PORT; several of one cluster with commas between them. May hold user and password. */
  readonly url: string;
  readonly user: string | null;
  readonly password: string | null;
  /** A .creds file, or one with an NKey seed. */
  readonly credentialsFile: string | null;
  /** null = as the broker wants it. */
  readonly tls: { readonly caFile: string | null; readonly certFile: string | null; readonly keyFile: string | null } | null;
}

/** One server of the URL. */
export interface BrokerAddress {
  /** `HOST:PORT`. */
  readonly server: string;
  /** Less the brackets of an IPv6 address. */
  readonly host: string;
  readonly user: string | null;
  readonly password: string | null;
  readonly isSecure: boolean;
}

const DEFAULT_PORT = "4222";
const SCHEMES: Readonly<Record<string, boolean>> = { "nats:": false, "tls:": true };

/**
 * The servers that a URL names.
 * @throws PipelineError E_CONFIG
 */
export function addressesOf(url: string): [BrokerAddress, ...BrokerAddress[]] {
  const [first = "", ...more] = url.split(",").map((part) => part.trim());
  return [addressOf(first), ...more.map(addressOf)];
}

function addressOf(text: string): BrokerAddress {
  const refuse = (cause?: unknown): PipelineError =>
    new PipelineError("E_CONFIG", `inference.queue.url is ${JSON.stringify(redactAddress(text))}; allowed: nats://HOST:PORT or tls://HOST:PORT`, { cause });
  let url: URL;
  try {
    url = new URL(text.includes("://") ? text : `nats://${text}`);
  } catch (cause) {
    throw refuse(cause);
  }
  const isSecure = SCHEMES[url.protocol];
  if (isSecure === undefined || url.hostname === "" || !["", "/"].includes(url.pathname) || url.search !== "") throw refuse();
  const word = (part: string): string | null => (part === "" ? null : decodeURIComponent(part));
  return { server: `${url.hostname}:${url.port || DEFAULT_PORT}`, host: url.hostname.replace(/^\[|\]$/g, ""), user: word(url.username), password: word(url.password), isSecure };
}

/** The URL as it may be shown. */
export function displayOf(url: string): string {
  return url.split(",").map((part) => redactAddress(part.trim())).join(", ");
}

/** What a credentials file holds. */
export type Credentials = { readonly kind: "creds"; readonly content: Uint8Array } | { readonly kind: "seed"; readonly content: Uint8Array };

/** A user's seed: SU and base32. */
const SEED = /^\s*(SU[A-Z2-7]{56})\s*$/;

/**
 * Reads a credentials file.
 * @throws PipelineError E_QUEUE_AUTH; what stands in the file is not told
 */
export async function readCredentials(path: string): Promise<Credentials> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new PipelineError("E_QUEUE_AUTH", `${path} (inference.queue.credentialsFile) can't be read (${systemCodeOf(cause)})`);
  });
  const seed = SEED.exec(text)?.[1];
  if (seed !== undefined) return { kind: "seed", content: Buffer.from(seed) };
  if (text.includes("-----BEGIN NATS USER JWT-----")) return { kind: "creds", content: Buffer.from(text) };
  throw new PipelineError("E_QUEUE_AUTH", `${path} (inference.queue.credentialsFile) holds neither credentials (.creds) nor a user's NKey seed`);
}
