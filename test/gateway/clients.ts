import { once } from "node:events";
import WebSocket, { type ClientOptions } from "ws";
import { systemClock } from "../../src/core/clock.js";
import { openGateway, type Gateway, type GatewayNotice, type GatewayOptions } from "../../src/gateway/index.js";

/** Opens a gateway on a free port of this machine. */
export function openTestGateway(more: Partial<GatewayOptions> = {}, notice: (notice: GatewayNotice) => void = () => undefined): Promise<Gateway> {
  return openGateway({ host: "127.0.0.1", port: 0, version: "0.0.0", ...more }, { clock: systemClock, notice });
}

/** A message of the feed, as far as tests look at it. */
export interface Message {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A client that keeps what it gets. */
export interface TestClient extends Disposable {
  readonly socket: WebSocket;
  readonly messages: Message[];
  readonly pictures: Buffer[];
  send(message: unknown): void;
  /** Waits until a message fits; looks at earlier ones too. */
  until(fits: (message: Message) => boolean): Promise<Message>;
  untilPictures(count: number): Promise<void>;
}

/** Far beyond what a busy machine needs. */
const WAIT_MS = 60_000;

/** Connects to a gateway and waits for its greeting. */
export async function connect(gateway: Gateway, options: ClientOptions = {}): Promise<TestClient> {
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}ws`, "sightline.v1", options);
  const client = collect(socket);
  await Promise.race([client.until(({ type }) => type === "hello"), once(socket, "close")]);
  return client;
}

function collect(socket: WebSocket): TestClient {
  const messages: Message[] = [];
  const pictures: Buffer[] = [];
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) pictures.push(data);
    else messages.push(JSON.parse(data.toString()) as Message);
  });
  const untilTrue = async (isTrue: () => boolean): Promise<void> => {
    const deadline = AbortSignal.timeout(WAIT_MS);
    while (!isTrue()) await once(socket, "message", { signal: deadline });
  };
  return {
    socket,
    messages,
    pictures,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    async until(fits) {
      await untilTrue(() => messages.some(fits));
      return messages.find(fits)!;
    },
    untilPictures: (count) => untilTrue(() => pictures.length >= count),
    [Symbol.dispose]: () => socket.terminate(),
  };
}

/** Subscribes to everything and waits until the gateway has said yes. */
export async function subscribeToAll(client: TestClient, topics = ["detections", "stats", "video"]): Promise<void> {
  client.send({ type: "subscribe", streams: ["*"], topics });
  await client.until(({ type }) => type === "subscribed");
}
