import type * as Undici from "undici";
import type { Dispatcher } from "undici";
import { asPipelineError, messageOf, PipelineError, systemCodeOf } from "../core/errors.js";
import { redactUrl } from "../core/redact.js";

/** An answer whose body has not been read. */
export interface HttpAnswer {
  readonly status: number;
  /** A header by its name in lower case; the first of several. */
  header(name: string): string | undefined;
  /** The body as it comes. Ending the loop early closes the connection. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The host that has answered, behind all redirects. */
  readonly host: string;
}

/** Asks for addresses, through the proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name. */
export interface HttpClient extends AsyncDisposable {
  /**
   * GET, redirects followed. No time limit but that of the signal.
   * @throws NoConnection when no answer came; PipelineError E_PULL_REFUSED for a redirect that is not followed; the signal's reason
   */
  get(address: string, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<HttpAnswer>;
}

/** No answer came, or it broke off. `isFinal`: trying again is of no use. */
export class NoConnection extends Error {
  constructor(message: string, readonly isFinal: boolean, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "NoConnection";
  }
}

const MOST_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What OpenSSL and Node call a certificate that is not trusted. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)|ALTNAME/;

/**
 * Opens a client. The library is loaded only now: all other commands know this room too, and it is a fifth of their start.
 * @throws NoConnection when a proxy's address in the environment can't be used
 */
export async function openHttp(): Promise<HttpClient> {
  const undici = await import("undici");
  const dispatcher = proxyAgent(undici);
  return {
    async get(address, headers, signal) {
      let at = address;
      for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
        const answer = await ask(undici, at, headers, signal, dispatcher);
        const location = firstOf(answer.headers["location"]);
        if (!REDIRECTS.has(answer.statusCode) || location === undefined) return answerOf(answer, at);
        await answer.body.dump().catch(() => undefined);
        at = redirectTarget(at, location);
      }
      throw new PipelineError("E_PULL_REFUSED", `${hostOf(address)} redirects more than ${MOST_REDIRECTS} times`);
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

function proxyAgent({ EnvHttpProxyAgent }: typeof Undici): Dispatcher {
  try {
    // Limits of time are ours to watch, with our own clock.
    return new EnvHttpProxyAgent({ headersTimeout: 0, bodyTimeout: 0 });
  } catch (cause) {
    throw new NoConnection("the proxy that HTTP_PROXY or HTTPS_PROXY names is no http or https address", true, { cause });
  }
}

async function ask({ request }: typeof Undici, address: string, headers: Readonly<Record<string, string>>, signal: AbortSignal, dispatcher: Dispatcher): Promise<Dispatcher.ResponseData> {
  try {
    return await request(address, { method: "GET", headers: { ...headers, "accept-encoding": "identity", "user-agent": "sightline" }, signal, dispatcher });
  } catch (cause) {
    signal.throwIfAborted();
    throw noConnection(address, cause, "no connection to");
  }
}

function answerOf({ statusCode, headers, body }: Dispatcher.ResponseData, address: string): HttpAnswer {
  return { status: statusCode, header: (name) => firstOf(headers[name]), body: watched(body, address), host: hostOf(address) };
}

/** A body that breaks off says so in our words. */
async function* watched(body: AsyncIterable<Uint8Array>, address: string): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch (cause) {
    throw noConnection(address, cause, "broken off by");
  }
}

/**
 * Where a redirect leads. What is fetched is known by its digest, so any host may have it; but nothing that was to be
 * had in secret is asked for in the clear. A user in the address is not sent on. Pure.
 * @throws PipelineError E_PULL_REFUSED
 */
export function redirectTarget(from: string, location: string): string {
  const to = URL.canParse(location, from) ? new URL(location, from) : undefined;
  if (to?.protocol !== "https:" && to?.protocol !== "http:") throw new PipelineError("E_PULL_REFUSED", `${hostOf(from)} redirects to what is no http or https address`);
  if (to.protocol === "http:" && new URL(from).protocol === "https:") throw new PipelineError("E_PULL_REFUSED", `${hostOf(from)} redirects from https to http, at ${to.host}`);
  to.username = to.password = "";
  return to.href;
}

/** What an error of the network means. A proxy's address and its password are not in it. */
function noConnection(address: string, cause: unknown, words: string): NoConnection {
  const code = codeOf(cause);
  const message = messageOf(cause);
  const proxyStatus = /Proxy response \((\d+)\)/.exec(message)?.[1];
  const host = hostOf(address);
  if (proxyStatus === "407") return new NoConnection("the proxy asks for a user and a password: write them into HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT", true, { cause: clean(cause) });
  if (proxyStatus !== undefined) return new NoConnection(`the proxy does not lead to ${host} (status ${proxyStatus})`, true, { cause: clean(cause) });
  if (UNTRUSTED.test(code)) return new NoConnection(`${host} shows a certificate that is not trusted (${code}); where a proxy looks into TLS, give its CA in NODE_EXTRA_CA_CERTS`, true, { cause: clean(cause) });
  return new NoConnection(`${words} ${host} (${code || redactUrl(message)})`, false, { cause: clean(cause) });
}

/** Several addresses of one host fail together: the first one's code stands for all. */
function codeOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? systemCodeOf(cause) : "";
}

function clean(cause: unknown): Error {
  return new Error(redactUrl(asPipelineError(cause, "E_PULL_UNREACHABLE").message));
}

function hostOf(address: string): string {
  return new URL(address).host;
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
