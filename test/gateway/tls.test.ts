import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { renameSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { connect, type PeerCertificate } from "node:tls";
import { testTokens } from "../auth/tokens.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { openTestGateway } from "./clients.js";

/** Makes a key and a certificate that signs itself, for one name. Skips the test where there is no openssl. */
function certificate(t: TestContext, folder: string, name: string): { certFile: string; keyFile: string } | undefined {
  const [certFile, keyFile] = [join(folder, `${name}.crt`), join(folder, `${name}.key`)];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", `/CN=${name}`, "-keyout", keyFile, "-out", certFile];
  try {
    execFileSync("openssl", args, { stdio: "ignore" });
    return { certFile, keyFile };
  } catch {
    t.skip("SKIPPED: needs openssl");
    return undefined;
  }
}

function servedName(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port: Number(new URL(url).port), rejectUnauthorized: false }, () => {
      const peer: PeerCertificate = socket.getPeerCertificate();
      socket.destroy();
      resolve(String(peer.subject.CN));
    });
    socket.on("error", reject);
  });
}

function get(url: string, headers: Record<string, string>, method = "GET", body = ""): Promise<{ status: number; cookie: string; hsts: string | undefined }> {
  return new Promise((resolve, reject) => {
    request(url, { method, headers, rejectUnauthorized: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0, cookie: response.headers["set-cookie"]?.[0] ?? "", hsts: response.headers["strict-transport-security"] });
    })
      .on("error", reject)
      .end(body);
  });
}

test("with a certificate the page is https, the cookie secure, and a new certificate is served once its files change", async (t) => {
  const folder = temporaryFolder({ secret: true });
  const [first, second] = [certificate(t, folder, "first.example"), certificate(t, folder, "second.example")];
  if (!first || !second) return;
  const tokens = testTokens();
  const token = await tokens.add();
  const said: string[] = [];
  await using gateway = await openTestGateway({ tls: first, tokensFile: tokens.path }, ({ message }) => void said.push(message));
  assert.match(gateway.url, /^https:\/\/127\.0\.0\.1:\d+\/$/);
  assert.equal((await get(`${gateway.url}api/stats`, { authorization: `Bearer ${token}` })).status, 200);
  const { origin } = new URL(gateway.url);
  const login = await get(`${gateway.url}login`, { origin, "content-type": "application/x-www-form-urlencoded" }, "POST", `token=${token}`);
  assert.equal(login.status, 303);
  assert.match(login.cookie, /; HttpOnly; Secure; SameSite=Strict$/);
  assert.equal(login.hsts, undefined, "at this machine the promise would bind every other port too");
  assert.equal(await servedName(gateway.url), "first.example");
  renameSync(second.certFile, first.certFile);
  await until(() => said.some((text) => text.includes("is not the key of") && text.endsWith("the certificate stays as it was")), "word of a pair that does not fit");
  assert.equal(await servedName(gateway.url), "first.example");
  renameSync(second.keyFile, first.keyFile);
  await until(() => said.some((text) => text.endsWith("new connections get the new certificate")), "the new certificate");
  assert.equal(await servedName(gateway.url), "second.example");
});

test("a certificate that can't be used is told at the start: missing, no PEM, another's key", async (t) => {
  const folder = temporaryFolder({ secret: true });
  const [pair, other] = [certificate(t, folder, "one.example"), certificate(t, folder, "other.example")];
  if (!pair || !other) return;
  const text = join(folder, "text.pem");
  writeFileSync(text, "no certificate");
  const cases: [{ certFile: string; keyFile: string }, RegExp][] = [
    [{ ...pair, certFile: join(folder, "none") }, /none \(serve\.tls\.certFile\) can't be read \(ENOENT\)/],
    [{ ...pair, keyFile: join(folder, "none") }, /none \(serve\.tls\.keyFile\) can't be read \(ENOENT\)/],
    [{ ...pair, certFile: text }, /text\.pem holds no certificate in PEM/],
    [{ ...pair, keyFile: text }, /text\.pem holds no private key in PEM/],
    [{ ...pair, keyFile: other.keyFile }, /other\.example\.key is not the key of .*one\.example\.crt/],
  ];
  for (const [tls, message] of cases) await assert.rejects(openTestGateway({ tls }), { code: "E_SERVE_TLS", message });
});
