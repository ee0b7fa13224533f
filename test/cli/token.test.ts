import assert from "node:assert/strict";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ask, told } from "../gateway/door.js";
import { runCli, startCli } from "../support/cli.js";
import { temporaryFolder } from "../support/pool.js";

const TOKEN = /^slt_[A-Za-z0-9]{8}_[A-Za-z0-9_-]{43}\n$/;

test("a token is printed once, listed without its secret, and gone when it is removed", async () => {
  const cwd = temporaryFolder();
  const added = await runCli(["token", "add", "--role", "admin", "--name", "me"], { cwd });
  assert.equal(added.code, 0, added.stderr);
  assert.match(added.stdout, TOKEN);
  const file = join(cwd, "sightline-tokens.json");
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const secret = added.stdout.trim().slice(13);
  assert.ok(!readFileSync(file, "utf8").includes(secret));
  const viewer = await runCli(["token", "add", "--streams", "gate, yard", "--json"], { cwd });
  const { token, id, role, streams } = JSON.parse(viewer.stdout) as Record<string, string>;
  assert.match(`${token}\n`, TOKEN);
  assert.deepEqual([role, streams], ["viewer", ["gate", "yard"]]);
  const listed = await runCli(["token", "list"], { cwd });
  assert.match(listed.stdout, new RegExp(`^${added.stdout.slice(4, 12)}  admin   all streams  20\\S+Z  me\n${id}  viewer  gate,yard  20\\S+Z\n$`));
  assert.equal((await runCli(["token", "remove", String(id)], { cwd })).code, 0);
  const left = JSON.parse((await runCli(["token", "list", "--json"], { cwd })).stdout) as { tokens: object[] };
  assert.deepEqual(left.tokens.map((one) => Object.keys(one)), [["id", "name", "role", "streams", "createdAt"]]);
  assert.equal((await runCli(["token", "remove", String(id)], { cwd })).code, 2);
});

const WRONG: [args: string[], message: RegExp][] = [
  [["token", "make"], /allowed: add, list, remove/],
  [["token", "add", "--role", "root"], /--role is "root"; allowed: viewer, admin/],
  [["token", "add", "--streams", "a b"], /--streams holds "a b"/],
  [["token", "add", "more"], /takes no further word/],
  [["token", "remove"], /needs the ID/],
];
for (const [args, message] of WRONG) {
  test(`${args.join(" ")} is a mistake, and says what is allowed`, async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await runCli(args, { cwd });
    assert.equal(code, 2);
    assert.match(stderr, message);
  });
}

test("a file that is none with tokens is left as it is", async () => {
  const file = join(temporaryFolder(), "other.json");
  writeFileSync(file, '{"mine":1}', { mode: 0o600 });
  const { code, stderr } = await runCli(["token", "add", "--file", file]);
  assert.equal(code, 2);
  assert.match(stderr, /E_TOKENS/);
  assert.equal(readFileSync(file, "utf8"), '{"mine":1}');
});

test("for other machines nothing is served without a token, with the reason, the way out, and status 2", async () => {
  const cwd = temporaryFolder();
  const { code, stderr } = await runCli(["run", "test:bars", "--serve", "0.0.0.0:0"], { cwd });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /E_SERVE_OPEN {2}0\.0\.0\.0:0 can be reached from other machines, and there is no token in sightline-tokens\.json \(serve\.tokensFile\)\. Make a token with: sightline token add; or say --insecure-no-auth\./);
});

test("a program that runs asks for the token beside its settings file, and never says it, nor a ticket", async () => {
  const cwd = temporaryFolder();
  const config = join(cwd, "settings.yaml");
  writeFileSync(config, "streams: { gate: { source: test:bars } }\nserve: { port: 0 }\nlog: { path: records.jsonl }\n");
  const token = (await runCli(["token", "add", "--config", config], { cwd: temporaryFolder() })).stdout.trim();
  assert.ok(readFileSync(join(cwd, "sightline-tokens.json"), "utf8").includes(token.slice(4, 12)));
  const running = startCli(["run", "--config", config, "--verbose"], { cwd });
  const url = /live page: (\S+)/.exec(await running.saying(/live page: \S+/))?.[1] ?? "";
  const headers = { authorization: `Bearer ${token}` };
  assert.deepEqual(told(await ask(`${url}api/stats`)), [401, "E_AUTH"]);
  const answers = [await ask(`${url}api/stats`, { headers }), await ask(`${url}api/stats?token=${token}`), await ask(`${url}${token}`, { headers })];
  assert.deepEqual(answers.map(({ status }) => status), [200, 401, 404]);
  const { ticket } = JSON.parse((await ask(`${url}api/ticket`, { method: "POST", headers })).body) as { ticket: string };
  answers.push(await ask(`${url}ws?ticket=${ticket}`), await ask(`${url}api/stats?ticket=${ticket}`, { headers }));
  running.child.kill("SIGINT");
  const { stdout, stderr } = await running.done;
  const all = [stdout, stderr, readFileSync(join(cwd, "records.jsonl"), "utf8"), readFileSync(join(cwd, "sightline-tokens.json"), "utf8"), ...answers.map(({ body }) => body)].join("\n");
  assert.ok(!all.includes(token.slice(13)), "the token's secret was said");
  assert.ok(!all.includes(ticket), "the ticket was said");
});
