import { createSocket, type Socket as UdpSocket } from "node:dgram";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { chance } from "./chance.js";

/**
 * RTSP over UDP through a network that loses packets: an RTSP proxy that puts ports of its own into SETUP's `client_port` and
 * `server_port`, and relays what comes there. Disposing ends it.
 */
export interface LossyRelay extends AsyncDisposable {
  readonly port: number;
  /** Share of packets from the server that vanish, 0 to 1; may change at any time. */
  loss: number;
  /** RTP and RTCP packets from the server. */
  readonly packets: { readonly seen: number; readonly lost: number };
}

interface Pair {
  /** RTP, RTCP. */
  readonly sockets: readonly [UdpSocket, UdpSocket];
  /** That of RTP, even; RTCP's is the next one (RFC 3550, 11). */
  readonly port: number;
}

/** Opens a relay to an RTSP server on loopback. The same seed loses the same packets of the same sequence. */
export async function openLossyRelay(targetPort: number, { loss, seed }: { loss: number; seed: number }): Promise<LossyRelay> {
  const random = chance(seed);
  const packets = { seen: 0, lost: 0 };
  const relay = { loss };
  const open = new Set<{ destroy(): void }>();
  const passes = (): boolean => {
    packets.seen += 1;
    const lost = random() < relay.loss;
    packets.lost += Number(lost);
    return !lost;
  };
  const listener = createServer((client) => {
    const server = connect(targetPort, "127.0.0.1");
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on("error", () => undefined).on("close", () => open.delete(socket));
    }
    void join(client, server, passes);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  return Object.assign(relay, {
    port: (listener.address() as AddressInfo).port,
    packets,
    [Symbol.asyncDispose]() {
      listener.close();
      for (const socket of open) socket.destroy();
      return Promise.resolve();
    },
  });
}

/** One RTSP connection: its messages in turn, with the ports of SETUP replaced both ways. */
async function join(client: Socket, server: Socket, passes: () => boolean): Promise<void> {
  const pairs: Pair[] = [];
  const clientPorts: number[] = [];
  const end = (): void => {
    client.destroy();
    server.destroy();
    for (const { sockets } of pairs.splice(0)) for (const socket of sockets) socket.close();
  };
  client.once("close", end);
  server.once("close", end);

  const requests = async (): Promise<void> => {
    for await (const message of messages(client)) {
      const wanted = port(message, "client_port");
      if (wanted !== undefined) {
        const back = await udpPair();
        pairs.push(back);
        clientPorts.push(wanted);
        server.write(withPort(message, "client_port", back.port));
      } else server.write(message);
    }
  };
  const answers = async (): Promise<void> => {
    for await (const message of messages(server)) {
      const serverPort = port(message, "server_port");
      const clientPort = clientPorts.at(-1);
      const back = pairs.at(-1);
      if (serverPort !== undefined && clientPort !== undefined && back !== undefined) {
        const front = await udpPair();
        pairs.push(front);
        relayPair(back, front, { serverPort, clientPort, passes });
        client.write(withPort(withPort(message, "client_port", clientPort), "server_port", front.port));
      } else client.write(message);
    }
  };
  await Promise.allSettled([requests(), answers()]).then(end);
}

/** Server to client through the loss, client to server (receiver reports, hole punching) without. */
function relayPair(back: Pair, front: Pair, to: { serverPort: number; clientPort: number; passes: () => boolean }): void {
  for (const index of [0, 1] as const) {
    back.sockets[index].on("message", (packet) => {
      if (to.passes()) front.sockets[index].send(packet, to.clientPort + index, "127.0.0.1");
    });
    front.sockets[index].on("message", (packet) => back.sockets[index].send(packet, to.serverPort + index, "127.0.0.1"));
  }
}

const HEAD_END = "\r\n\r\n";

/** Whole RTSP messages, head and body (RFC 2326, 4). Ends with the connection. */
async function* messages(socket: Socket): AsyncGenerator<string> {
  let text = "";
  for await (const data of socket.setEncoding("latin1")) {
    text += String(data);
    for (;;) {
      const headEnd = text.indexOf(HEAD_END);
      if (headEnd < 0) break;
      const body = Number(/^content-length:\s*(\d+)/im.exec(text.slice(0, headEnd))?.[1] ?? 0);
      const end = headEnd + HEAD_END.length + body;
      if (text.length < end) break;
      yield text.slice(0, end);
      text = text.slice(end);
    }
  }
}

function port(message: string, name: "client_port" | "server_port"): number | undefined {
  const found = new RegExp(`^transport:.*\\b${name}=(\\d+)`, "im").exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}

function withPort(message: string, name: string, first: number): string {
  return message.replace(new RegExp(`\\b${name}=\\d+-\\d+`), `${name}=${first}-${first + 1}`);
}

/** Two UDP sockets on an even port and the next. */
async function udpPair(): Promise<Pair> {
  for (;;) {
    const rtp = await bound(0);
    const { port: first } = rtp.address();
    const rtcp = first % 2 === 0 ? await bound(first + 1).catch(() => undefined) : undefined;
    if (rtcp !== undefined) return { sockets: [rtp, rtcp], port: first };
    rtp.close();
  }
}

async function bound(wish: number): Promise<UdpSocket> {
  const socket = createSocket("udp4");
  const ready = once(socket, "listening");
  socket.bind(wish, "127.0.0.1");
  try {
    await ready;
  } catch (error) {
    socket.close();
    throw error;
  }
  // A packet to a port that has just closed comes back as an error; what is lost is lost.
  return socket.on("error", () => undefined);
}
