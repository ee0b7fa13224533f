import { WebSocket } from "ws";
import { systemClock } from "../core/clock.js";
import { messageOf } from "../core/errors.js";
import { SUBPROTOCOL } from "../core/topics.js";
import type { ClientsAnswer, ClientsCommand, Counted } from "./fanout-protocol.js";

/*
 * The clients of `bench --fanout`, in a process of their own: node fanout-clients.js, told over its IPC channel what to do.
 * They look at no more of a record than they must, so that it is the server that is measured.
 */

interface Client {
  readonly socket: WebSocket;
  received: number;
  lastFrame: number;
}

interface Group {
  readonly clients: Client[];
  lost: number;
  disordered: number;
  latencies: Uint32Array;
}

/** Longer ones are counted as this, ms. */
const LONGEST_MS = 60_000;
/** So many connections are begun at once: a server's queue of new ones is short. */
const AT_ONCE = 50;
/** The fields that are looked at stand at the front. */
const HEAD_BYTES = 320;
const HEAD = /^\{"v":1,"type":"(frame|gap)".*?"(?:frame|records)":(\d+)(?:.*?"publishedAt":"([^"]+)")?/;

const groups = new Map<string, Group>();

function onMessage(group: Group, client: Client, data: Buffer): void {
  const found = HEAD.exec(data.toString("latin1", 0, HEAD_BYTES));
  if (found === null) return;
  const number = Number(found[2]);
  if (found[1] === "gap") {
    group.lost += number;
    return;
  }
  client.received += 1;
  if (number <= client.lastFrame) group.disordered += 1;
  client.lastFrame = number;
  const latencyMs = systemClock.wallMs() - Date.parse(found[3] ?? "");
  const bucket = Math.min(LONGEST_MS, Math.max(0, latencyMs));
  group.latencies[bucket] = (group.latencies[bucket] ?? 0) + 1;
}

function connectOne(url: string, group: Group, behaviour: "reads" | "sleeps" | "idle"): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, SUBPROTOCOL, { perMessageDeflate: false, skipUTF8Validation: true });
    const client: Client = { socket, received: 0, lastFrame: -1 };
    group.clients.push(client);
    socket.once("open", () => {
      if (behaviour !== "idle") socket.send('{"type":"subscribe","topics":["detections"]}');
      if (behaviour === "sleeps") socket.pause();
      else socket.on("message", (data: Buffer) => onMessage(group, client, data));
      resolve();
    });
    socket.on("error", reject);
  });
}

async function connectMany({ url, group: name, count, behaviour }: Extract<ClientsCommand, { kind: "connect" }>): Promise<Counted> {
  let group = groups.get(name);
  if (!group) groups.set(name, (group = { clients: [], lost: 0, disordered: 0, latencies: new Uint32Array(LONGEST_MS + 1) }));
  for (let done = 0; done < count; done += AT_ONCE) {
    const some = Math.min(AT_ONCE, count - done);
    await Promise.all(Array.from({ length: some }, () => connectOne(url, group, behaviour)));
  }
  return counted(group);
}

function counted(group: Group): Counted {
  const { clients, latencies, lost, disordered } = group;
  const each = clients.map(({ received }) => received);
  const received = each.reduce((sum, one) => sum + one, 0);
  const counts: Counted = {
    clients: clients.length,
    connected: clients.filter(({ socket }) => socket.readyState === socket.OPEN).length,
    received,
    least: Math.min(...each),
    most: Math.max(...each),
    lost,
    disordered,
    latencyMs: { p50: percentile(latencies, received, 0.5), p99: percentile(latencies, received, 0.99), max: percentile(latencies, received, 1) },
  };
  for (const client of clients) client.received = 0;
  Object.assign(group, { lost: 0, disordered: 0 });
  latencies.fill(0);
  return counts;
}

function percentile(buckets: Uint32Array, total: number, share: number): number {
  let seen = 0;
  for (const [ms, count] of buckets.entries()) {
    seen += count;
    if (count > 0 && seen >= total * share) return ms;
  }
  return 0;
}

async function leave(name: string): Promise<Counted> {
  const group = groups.get(name);
  groups.delete(name);
  if (!group) throw new Error(`there is no group ${name}`);
  const counts = counted(group);
  await Promise.all(
    group.clients.map(({ socket }) => new Promise<void>((resolve) => {
      if (socket.readyState === socket.CLOSED) return resolve();
      socket.once("close", () => resolve());
      socket.terminate();
    })),
  );
  return counts;
}

function follow(command: ClientsCommand): Promise<Counted> {
  if (command.kind === "connect") return connectMany(command);
  if (command.kind === "leave") return leave(command.group);
  const group = groups.get(command.group);
  return group ? Promise.resolve(counted(group)) : Promise.reject(new Error(`there is no group ${command.group}`));
}

process.on("message", (command: ClientsCommand) => {
  const answer = (one: ClientsAnswer): unknown => process.send?.(one);
  follow(command).then(
    (figures) => answer({ counted: figures }),
    (error: unknown) => answer({ error: messageOf(error) }),
  );
});
process.on("disconnect", () => process.exit());
