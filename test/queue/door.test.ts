import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { connectBroker } from "../../src/queue/connection.js";
import { runCli, startCli } from "../support/cli.js";
import { temporaryFolder } from "../support/pool.js";
import { settings } from "../support/session.js";
import { openSession } from "../../src/session/index.js";
import { systemClock } from "../../src/core/clock.js";
import { loadSettings } from "../../src/config/index.js";
import { natsServer, startBroker } from "./nats-server.js";
import { numberedModelFile, queueOptions } from "./rig.js";

const PASSWORD = "swordfish-of-the-test";

async function codeOfOpening(queue: Record<string, unknown>): Promise<string> {
  const options = settings({ sources: ["test:numbered?frames=1"], inference: { mode: "queue", queue } });
  const world = { signal: new AbortController().signal, clock: systemClock, version: "test", notice: () => undefined };
  try {
    await using _session = await openSession(options, world);
    return "open";
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    assert.ok(!message.includes(PASSWORD), "a password is told");
    return code;
  }
}

describe("the door of the broker", { skip: natsServer === undefined && "SKIPPED: needs nats-server (apt-get install nats-server)" }, () => {
  test("wrong credentials and a broker without JetStream end a run at once, each with its code", async () => {
    await using locked = await startBroker({ config: `authorization { user: cam, password: "${PASSWORD}" }` });
    assert.equal(await codeOfOpening({ url: locked.url }), "E_QUEUE_AUTH");
    assert.equal(await codeOfOpening({ url: locked.url, user: "cam", password: "wrong" }), "E_QUEUE_AUTH");
    assert.equal(await codeOfOpening({ url: locked.url.replace("//", `//cam:${PASSWORD}x@`) }), "E_QUEUE_AUTH");
    assert.equal(await codeOfOpening({ url: locked.url, credentialsFile: "/no/such/file" }), "E_QUEUE_AUTH");
    const right = await connectBroker(queueOptions(locked.url, { user: "cam", password: PASSWORD }), "test");
    await right[Symbol.asyncDispose]();
    await using bare = await startBroker({ jetstream: false });
    assert.equal(await codeOfOpening({ url: bare.url }), "E_QUEUE_JETSTREAM");
    assert.equal(await codeOfOpening({ url: "http://127.0.0.1:1" }), "E_CONFIG");
  });

  test("with a CA of one's own the connection is secure; without it, or against a broker in the clear, it is refused", async (t) => {
    const folder = temporaryFolder({ secret: true });
    const [cert, key] = [join(folder, "broker.crt"), join(folder, "broker.key")];
    try {
      execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "ignore" });
    } catch {
      return t.skip("SKIPPED: needs openssl");
    }
    await using broker = await startBroker({ config: `tls { cert_file: ${JSON.stringify(cert)}, key_file: ${JSON.stringify(key)} }` });
    const tls = { caFile: cert, certFile: null, keyFile: null };
    const secure = await connectBroker(queueOptions(broker.url, { tls }), "test");
    await secure[Symbol.asyncDispose]();
    assert.equal(await codeOfOpening({ url: broker.url }), "E_QUEUE_TLS");
    assert.equal(await codeOfOpening({ url: broker.url, tls: { caFile: join(folder, "no.pem") } }), "E_QUEUE_TLS");
    await using clear = await startBroker();
    assert.equal(await codeOfOpening({ url: clear.url, tls }), "E_QUEUE_TLS");
    assert.equal(await codeOfOpening({ url: clear.url.replace("nats:", "tls:") }), "E_QUEUE_TLS");
  });

  test("a run waits for a broker that can't be reached, and for a worker; both are told, and a stop ends it", async () => {
    const running = startCli(["run", "test:numbered?frames=5", "--mode", "queue", "--nats", `nats://cam:${PASSWORD}@127.0.0.1:9`]);
    const said = await running.saying(/the broker can't be used: nats:\/\/\*\*\*@127\.0\.0\.1:9.*trying again/);
    assert.ok(!said.includes(PASSWORD));
    running.child.kill("SIGTERM");
    const { stderr } = await running.done;
    assert.match(stderr, /mode queue, 0 workers\)\n[^]*dropped +stopped 5/);
  });

  test("check tells version, room and workers; a worker with another file is named with both digests; a worker leaves with 0 when asked to", async () => {
    await using broker = await startBroker();
    const model = numberedModelFile();
    const alone = await runCli(["check", "--mode", "queue", "--nats", broker.url, "--json"]);
    const queue = (JSON.parse(alone.stdout) as { findings: { name: string; status: string; detail: string }[] }).findings.find(({ name }) => name === "queue");
    assert.equal(queue?.status, "warn");
    assert.match(queue?.detail ?? "", /nats-server [\d.]+ with JetStream; a frame of 258048 bytes fits \(max_payload 1048576\); 0 workers/);
    const worker = startCli(["worker", "--nats", broker.url, "--model", model, "--workers", "1", "--json"]);
    await worker.saying(/serves numbered@\w+ \(sha256 [0-9a-f]{64}\) with 1 instance/);
    const running = startCli(["run", "samples/street.mp4", "--mode", "queue", "--nats", broker.url]);
    await running.saying(/no worker for street@\w+ \(sha256 [0-9a-f]{64}\) is there; start one: sightline worker --nats nats:/);
    await running.saying(/worker \S+ runs another model file: numbered@\w+ sha256 [0-9a-f]{64} against [0-9a-f]{64}/);
    running.child.kill("SIGTERM");
    await running.done;
    worker.child.kill("SIGTERM");
    const { code, stdout } = await worker.done;
    assert.equal(code, 0);
    const report = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([report["command"], report["ok"], report["stoppedBy"], report["detected"]], ["worker", true, "SIGTERM", 0]);
  });
});

test("how the broker is reached may stand in secrets, and is shown nowhere", async () => {
  const file = join(temporaryFolder({ secret: true }), "s.yaml");
  writeFileSync(file, "inference:\n  queue:\n    url: nats://${WHO}@broker\n    password: ${WORD}\n");
  const { inference } = await loadSettings({ file, environment: { WHO: "cam", WORD: PASSWORD } });
  assert.equal(inference.queue.url, "nats://cam@broker");
  assert.equal(inference.queue.password, PASSWORD);
  await assert.rejects(loadSettings({ file, environment: { WHO: "cam" } }), /inference\.queue\.password: \$\{WORD\} stands for nothing/);
});
