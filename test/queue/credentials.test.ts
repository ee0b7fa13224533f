import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { nkeys } from "@nats-io/transport-node";
import { connectBroker } from "../../src/queue/connection.js";
import { temporaryFolder } from "../support/pool.js";
import { natsServer, startBroker } from "./nats-server.js";
import { queueOptions } from "./rig.js";

const words = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/** A file that nobody else may read. */
function fileWith(text: string): string {
  const path = join(temporaryFolder({ secret: true }), "credentials");
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Whether the broker lets us in, and we find our way about there. */
async function comesIn(url: string, credentialsFile: string): Promise<string> {
  try {
    await using broker = await connectBroker(queueOptions(url, { credentialsFile }), "test");
    return broker.isOpen ? "in" : "out";
  } catch (error) {
    return (error as { code: string }).code;
  }
}

/** A token as NATS wants it: JWT with Ed25519, its id the hash of what it claims. https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt */
function token(issuer: nkeys.KeyPair, subject: nkeys.KeyPair, nats: Record<string, unknown>): string {
  const claims = { iat: 1_700_000_000, iss: issuer.getPublicKey(), name: "test", sub: subject.getPublicKey(), nats: { ...nats, version: 2 } };
  const jti = createHash("sha256").update(JSON.stringify(claims)).digest("hex");
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part({ ...claims, jti })}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString("base64url")}`;
}

const UNLIMITED = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

describe("credentials in a file", { skip: natsServer === undefined && "SKIPPED: needs nats-server (apt-get install nats-server)" }, () => {
  test("an NKey seed opens the door, another one does not", async () => {
    const user = nkeys.createUser();
    await using broker = await startBroker({ config: `authorization { users: [ { nkey: ${user.getPublicKey()} } ] }` });
    assert.equal(await comesIn(broker.url, fileWith(`${words(user.getSeed())}\n`)), "in");
    assert.equal(await comesIn(broker.url, fileWith(words(nkeys.createUser().getSeed()))), "E_QUEUE_AUTH");
  });

  test("a .creds file of an account opens the door, that of a stranger does not", async () => {
    const [operator, system, account, user, stranger] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount(), nkeys.createUser(), nkeys.createAccount()];
    const accountToken = (one: nkeys.KeyPair, limits: Record<string, unknown>): string => token(operator, one, { type: "account", limits, default_permissions: { pub: {}, sub: {} } });
    const config = [
      `operator: ${token(operator, operator, { type: "operator" })}`,
      `system_account: ${system.getPublicKey()}`,
      "resolver: MEMORY",
      `resolver_preload: { ${system.getPublicKey()}: ${accountToken(system, UNLIMITED)}, ${account.getPublicKey()}: ${accountToken(account, { ...UNLIMITED, ...JETSTREAM })} }`,
    ].join("\n");
    await using broker = await startBroker({ config });
    const credsOf = (issuer: nkeys.KeyPair): string =>
      [`-----BEGIN NATS USER JWT-----`, token(issuer, user, { type: "user", pub: {}, sub: {}, subs: -1, data: -1, payload: -1 }), "------END NATS USER JWT------", "", "-----BEGIN USER NKEY SEED-----", words(user.getSeed()), "------END USER NKEY SEED------", ""].join("\n");
    assert.equal(await comesIn(broker.url, fileWith(credsOf(account))), "in");
    assert.equal(await comesIn(broker.url, fileWith(credsOf(stranger))), "E_QUEUE_AUTH");
  });
});
