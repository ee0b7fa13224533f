import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { test } from "node:test";
import { within } from "./deadline.js";
import { openWire, type Wire } from "./wire.js";

const LIMIT_MS = 5000;

/** A server that sends back what it gets. */
async function echo(): Promise<{ port: number; taken: () => number } & AsyncDisposable> {
  const open = new Set<Socket>();
  let taken = 0;
  const server = createServer((socket) => {
    taken += 1;
    open.add(socket);
    socket.on("error", () => undefined).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    taken: () => taken,
    [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      return Promise.resolve();
    },
  };
}

async function client(wire: Wire): Promise<Socket> {
  const socket = connect(wire.port, "127.0.0.1").setNoDelay(true);
  await within(LIMIT_MS, "connection", once(socket, "connect"));
  // The wire ends with its test, and cuts what is left.
  return socket.on("error", () => undefined);
}

/** The pieces in which so many bytes arrive. */
async function pieces(socket: Socket, bytes: number): Promise<Buffer[]> {
  const seen: Buffer[] = [];
  let missing = bytes;
  const all = new Promise<void>((resolve, reject) => {
    socket.once("close", () => reject(new Error(`closed with ${missing} bytes missing`)));
    socket.on("data", (data) => {
      seen.push(data);
      missing -= data.length;
      if (missing <= 0) resolve();
    });
  });
  await within(LIMIT_MS, "echo", all);
  return seen;
}

const numbers = Buffer.from(Array.from({ length: 4000 }, (_, i) => i % 251));

test("a passing wire moves bytes both ways and counts them", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  const socket = await client(wire);
  socket.write(numbers);
  assert.deepEqual(Buffer.concat(await pieces(socket, numbers.length)), numbers);
  assert.equal(wire.movedBytes, 2 * numbers.length);
  assert.equal(wire.taken, 1);
  socket.end();
  await within(LIMIT_MS, "end", once(socket, "close"));
});

test("a refusing wire refuses new connections, keeps old ones, and takes new ones again on the same port", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  const old = await client(wire);
  await wire.set({ kind: "refuse" });
  await assert.rejects(client(wire), { code: "ECONNREFUSED" });
  old.write("still");
  assert.equal(String((await pieces(old, 5))[0]), "still");
  const { port } = wire;
  await wire.set({ kind: "pass" });
  assert.equal(wire.port, port);
  const fresh = await client(wire);
  fresh.write("new");
  assert.equal(String((await pieces(fresh, 3))[0]), "new");
});

test("a cut ends all connections with a reset", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  const sockets = [await client(wire), await client(wire)];
  for (const socket of sockets) socket.write("x");
  await Promise.all(sockets.map((socket) => pieces(socket, 1)));
  const resets = sockets.map((socket) => within(LIMIT_MS, "reset", once(socket, "close").catch((error: unknown) => [error])));
  assert.equal(wire.cut(), 2);
  for (const [reason] of await Promise.all(resets)) assert.equal((reason as { code?: string }).code, "ECONNRESET");
});

test("a frozen wire keeps and takes connections and moves no byte until it thaws", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  const old = await client(wire);
  old.write("1");
  await pieces(old, 1);
  await wire.set({ kind: "freeze" });
  const before = wire.movedBytes;
  const taken = wire.connected(LIMIT_MS);
  const fresh = await client(wire);
  await taken;
  old.write("old");
  fresh.write("new");
  // A byte that got through would be echoed by a third connection's turn at the latest.
  for (let i = 0; i < 3; i += 1) await client(wire);
  assert.equal(wire.movedBytes, before);
  const both = Promise.all([pieces(old, 3), pieces(fresh, 3)]);
  await wire.set({ kind: "pass" });
  assert.deepEqual((await both).map((seen) => String(Buffer.concat(seen))), ["old", "new"]);
});

test("a silent wire takes a connection, hears it out and never passes it on", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  await wire.set({ kind: "silent" });
  const socket = await client(wire);
  socket.end("hello?");
  await within(LIMIT_MS, "drain", once(socket, "finish"));
  assert.equal(server.taken(), 0);
  assert.equal(wire.movedBytes, 0);
});

test("a slow wire moves so many bytes a second", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  await wire.set({ kind: "slow", bytesPerSecond: 10_000 });
  const socket = await client(wire);
  const startedMs = performance.now();
  socket.write(numbers);
  assert.deepEqual(Buffer.concat(await pieces(socket, numbers.length)), numbers);
  // 4000 bytes at 10000 a second; a busy machine may only be slower.
  assert.ok(performance.now() - startedMs > 300, `${performance.now() - startedMs} ms`);
});

test("a slicing wire moves small pieces, whole and in order, the same for the same seed", async () => {
  await using server = await echo();
  await using wire = await openWire(server.port);
  await wire.set({ kind: "slice", mostBytes: 5, seed: 1 });
  const socket = await client(wire);
  socket.write(numbers.subarray(0, 500));
  const seen = await pieces(socket, 500);
  assert.deepEqual(Buffer.concat(seen), numbers.subarray(0, 500));
  assert.ok(seen.length > 50, `${seen.length} pieces`);
});
