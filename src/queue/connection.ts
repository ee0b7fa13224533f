import { connect, credsAuthenticator, nkeyAuthenticator, type ConnectionOptions, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { isIP } from "node:net";
import { PipelineError } from "../core/errors.js";
import { addressesOf, displayOf, readCredentials, type BrokerOptions } from "./broker-options.js";
import { explain } from "./explain.js";
import { queuesOn, type Queues } from "./jetstream.js";

/** A message of the broker. */
export interface BrokerMessage {
  readonly data: Uint8Array;
  /** Sends an answer to who has asked. */
  respond(data: Uint8Array): void;
}

/** One connection to the broker. When it is lost it is over: who wants another one connects again. */
export interface Broker extends AsyncDisposable {
  /** For people. */
  readonly address: string;
  readonly version: string;
  readonly maxPayloadBytes: number;
  readonly isOpen: boolean;
  /** Settles when the connection is over, with the reason; undefined when we have closed it. */
  readonly closed: Promise<PipelineError | undefined>;
  /** Sends and forgets. Nothing is sent when the connection is over: its end is told by `closed`. */
  send(subject: string, data: Uint8Array): void;
  listen(subject: string, take: (message: BrokerMessage) => void): void;
  /** @throws PipelineError E_QUEUE_MESSAGE when nobody answers in time */
  ask(subject: string, data: Uint8Array, timeoutMs: number): Promise<Uint8Array>;
  readonly queues: Queues;
}

/** Longest wait for the broker's first words, ms. */
const CONNECT_TIMEOUT_MS = 5000;
/** A broker that has answered none of two of these is gone, ms; the library's default would take four minutes. */
const PING_EVERY_MS = 5000;

/**
 * Connects once.
 * @throws PipelineError E_QUEUE_UNREACHABLE, E_QUEUE_AUTH, E_QUEUE_TLS, E_QUEUE_JETSTREAM, E_CONFIG
 */
export async function connectBroker(options: BrokerOptions, name: string): Promise<Broker> {
  const address = displayOf(options.url);
  const connection = await connect(await connectionOptions(options, name)).catch((thrown: unknown) => {
    throw explain(thrown, address);
  });
  try {
    return await brokerOn(connection, address);
  } catch (thrown) {
    await connection.close();
    throw explain(thrown, address);
  }
}

async function connectionOptions({ url, user, password, credentialsFile, tls }: BrokerOptions, name: string): Promise<ConnectionOptions> {
  const addresses = addressesOf(url);
  const credentials = credentialsFile === null ? null : await readCredentials(credentialsFile);
  const own = addresses.find((one) => one.user !== null);
  const who = user ?? own?.user ?? null;
  const secret = password ?? own?.password ?? null;
  const files = Object.fromEntries(Object.entries(tls ?? {}).flatMap(([key, file]) => (file === null ? [] : [[key, file]])));
  // The library has no name for a server that is given by its address, and Node would then look for localhost in the certificate.
  const [{ host }, ...more] = addresses;
  const named: Record<string, string> = more.length === 0 && isIP(host) ? { host } : {};
  return {
    servers: addresses.map(({ server }) => server),
    name,
    reconnect: false,
    timeout: CONNECT_TIMEOUT_MS,
    pingInterval: PING_EVERY_MS,
    noAsyncTraces: true,
    ...((tls !== null || addresses.some(({ isSecure }) => isSecure)) && { tls: { ...files, ...named } }),
    ...(credentials?.kind === "creds" && { authenticator: credsAuthenticator(credentials.content) }),
    ...(credentials?.kind === "seed" && { authenticator: nkeyAuthenticator(credentials.content) }),
    ...(who !== null && { user: who, pass: secret ?? "" }),
  };
}

async function brokerOn(connection: NatsConnection, address: string): Promise<Broker> {
  const { info } = connection;
  if (info === undefined) throw new PipelineError("E_QUEUE_UNREACHABLE", `${address}: the connection ended at once`);
  if (info.jetstream !== true) throw new PipelineError("E_QUEUE_JETSTREAM", `${address}: nats-server ${info.version} runs without JetStream`);
  const queues = await queuesOn(connection);
  let isClosing = false;
  const closed = connection.closed().then((why) => (isClosing ? undefined : explain(why ?? new Error("the broker ended the connection"), address)));
  return {
    address,
    version: info.version,
    maxPayloadBytes: info.max_payload,
    closed,
    queues,
    get isOpen() {
      return !connection.isClosed();
    },
    send(subject, data) {
      if (!connection.isClosed()) connection.publish(subject, data);
    },
    listen(subject, take) {
      // An error here is a refused subject: the broker tells it to the whole connection as well.
      connection.subscribe(subject, { callback: (error, message) => (error ? void connection.close() : take(messageOf(message))) });
    },
    async ask(subject, data, timeoutMs) {
      const answer = await connection.request(subject, data, { timeout: timeoutMs }).catch((thrown: unknown) => {
        throw new PipelineError("E_QUEUE_MESSAGE", `nobody answered ${subject} within ${timeoutMs} ms`, { cause: thrown });
      });
      return answer.data;
    },
    async [Symbol.asyncDispose]() {
      isClosing = true;
      if (connection.isClosed()) return;
      // What was sent has to be with the broker before the door is shut.
      await connection.flush().catch(() => undefined);
      await connection.close();
    },
  };
}

const messageOf = (message: Msg): BrokerMessage => ({ data: message.data, respond: (data) => void message.respond(data) });
