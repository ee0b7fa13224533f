import { after, before, describe } from "node:test";
import { poolContract } from "../pool/contract.js";
import { natsServer, startBroker, type TestBroker } from "./nats-server.js";
import { openRig } from "./rig.js";

/** The broker takes less than a frame of the street: its pixels come in parts. */
const SMALL_PAYLOAD_BYTES = 64 * 1024;

describe("over a broker", { skip: natsServer === undefined && "SKIPPED: needs nats-server (apt-get install nats-server)" }, () => {
  let broker: TestBroker;
  before(async () => (broker = await startBroker({ maxPayloadBytes: SMALL_PAYLOAD_BYTES })));
  after(() => broker[Symbol.asyncDispose]());

  poolContract("queue", {
    tolerance: 0,
    async open(options) {
      const rig = await openRig(broker, options);
      return { ...rig.pool, get workers() { return rig.pool.workers; }, get capacity() { return rig.pool.capacity; }, get busy() { return rig.pool.busy; }, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
    },
  });
});
