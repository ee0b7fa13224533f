import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";
import { testTokens } from "../auth/tokens.js";
import { openTestGateway } from "./clients.js";
import { ask, told, type Answer } from "./door.js";

/** Sends the form as a browser without scripts would. */
function submit(url: string, path: string, body: string, cookie = ""): Promise<Answer> {
  const { origin } = new URL(url);
  return ask(url + path, { method: "POST", headers: { origin, "content-type": "application/x-www-form-urlencoded", ...(cookie !== "" && { cookie }) }, body });
}

const cookieOf = ({ headers }: Answer): string => headers["set-cookie"]?.[0]?.split(";")[0] ?? "";

test("the login needs no script, loads nothing but its style, and is framed by nobody", async () => {
  const tokens = testTokens();
  await tokens.add();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const page = await ask(`${gateway.url}login`);
  assert.equal(page.status, 200);
  assert.equal(page.headers["content-security-policy"], "default-src 'none';style-src 'self';form-action 'self';base-uri 'none';frame-ancestors 'none'");
  assert.equal(page.headers["cache-control"], "no-store");
  // A form posted under no-referrer has the origin "null", and could not be told from a foreign one.
  assert.equal(page.headers["referrer-policy"], "same-origin");
  assert.doesNotMatch(page.body, /<script|style=|\son\w+=/i);
  assert.match(page.body, /<form method="post" action="\/login">[^]*name="token" type="password"/);
  assert.deepEqual([...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, url]) => url), ["/login.css"]);
  assert.equal((await ask(`${gateway.url}login.css`)).headers["content-type"], "text/css; charset=utf-8");
});

test("a token becomes a cookie that script can't read and other sites can't send, until one logs out", async () => {
  const tokens = testTokens();
  const token = await tokens.add({ role: "viewer", streams: ["gate"] });
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  const login = await submit(gateway.url, "login", `token=%20${token}%0A`);
  assert.deepEqual([login.status, login.headers.location], [303, "/"]);
  const { port } = new URL(gateway.url);
  assert.match(login.headers["set-cookie"]?.[0] ?? "", new RegExp(`^sightline-${port}=[\\w-]{43}; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict$`));
  const cookie = cookieOf(login);
  assert.equal((await ask(gateway.url, { headers: { cookie, accept: "text/html" } })).status, 200);
  assert.equal((await ask(`${gateway.url}login`, { headers: { cookie } })).headers.location, "/");
  assert.match((await ask(`${gateway.url}logout`, { headers: { cookie } })).body, /<form method="post" action="\/logout">/);
  assert.equal((await ask(`${gateway.url}api/stats`, { headers: { cookie } })).status, 200, "asking for the page has not logged out");
  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}ws`, "sightline.v1", { headers: { cookie } });
  await once(socket, "open");
  const closed = once(socket, "close");
  const logout = await submit(gateway.url, "logout", "", cookie);
  assert.equal((await closed)[0], 4401, "what was open ends with the login");
  assert.deepEqual([logout.status, logout.headers.location], [303, "/login"]);
  assert.match(logout.headers["set-cookie"]?.[0] ?? "", new RegExp(`^sightline-${port}=; Max-Age=0; `));
  assert.equal((await ask(`${gateway.url}api/stats`, { headers: { cookie } })).status, 401);
});

test("a wrong token shows the form again, and after five says how long to wait", async () => {
  const tokens = testTokens();
  const token = await tokens.add();
  await using gateway = await openTestGateway({ tokensFile: tokens.path });
  for (const body of ["token=wrong", "token=", "other=1", "token=<script>", `token=${token.slice(0, -1)}%00`]) {
    const answer = await submit(gateway.url, "login", body);
    assert.equal(answer.status, 401, body);
    assert.match(answer.body, /role="alert">This token is wrong/);
    assert.doesNotMatch(answer.body, /<script|slt_/);
    assert.equal(answer.headers["set-cookie"], undefined);
  }
  const slowed = await submit(gateway.url, "login", `token=${token}`);
  assert.equal(slowed.status, 429);
  assert.match(slowed.headers["retry-after"] ?? "", /^[1-9]\d*$/);
  assert.match(slowed.body, /Try again in \d+ s/);
});

test("where nobody is asked the login leads to the page", async () => {
  await using gateway = await openTestGateway();
  for (const answer of [await ask(`${gateway.url}login`), await submit(gateway.url, "login", "token=x"), await submit(gateway.url, "logout", "")]) {
    assert.deepEqual([answer.status, answer.headers.location], [303, "/"]);
  }
});

test("a form longer than a token is 413, and what is no form 415", async () => {
  await using gateway = await openTestGateway();
  assert.equal((await submit(gateway.url, "login", `token=${"x".repeat(5000)}`)).status, 413);
  for (const type of ["application/json", "text/plain"]) {
    const { origin } = new URL(gateway.url);
    assert.deepEqual(told(await ask(`${gateway.url}login`, { method: "POST", headers: { origin, "content-type": type }, body: "{}" })), [415, "E_HTTP_TYPE"], type);
  }
});
