import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import type { GatewayNotice } from "../../../src/gateway/index.js";
import { fakeControl, openApi, problemOf, type FakeControl } from "./world.js";

const STREAM = { source: "clip.mp4" };

/** The first line and the body of an answer to bytes that no client library would send. */
async function raw(url: string, request: string): Promise<{ status: string; body: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(request.replace("HOST", `${hostname}:${port}`));
  const answer = await text(socket);
  return { status: answer.split("\r\n")[0]!, body: answer.split("\r\n\r\n").slice(1).join("\r\n\r\n") };
}

describe("a request that can't be followed is answered by a problem with its code", () => {
  const wrong: readonly (readonly [what: string, method: string, path: string, body: unknown, status: number, code: string, detail: RegExp])[] = [
    ["an unknown stream", "GET", "api/v1/streams/nowhere", undefined, 404, "E_STREAM_UNKNOWN", /^there is no stream nowhere$/],
    ["its detections", "GET", "api/v1/streams/nowhere/detections", undefined, 404, "E_STREAM_UNKNOWN", /nowhere/],
    ["its picture", "GET", "api/v1/streams/nowhere/snapshot", undefined, 404, "E_STREAM_UNKNOWN", /nowhere/],
    ["its MJPEG", "GET", "api/v1/streams/nowhere/mjpeg", undefined, 404, "E_STREAM_UNKNOWN", /nowhere/],
    ["a change of it", "PUT", "api/v1/streams/nowhere", STREAM, 404, "E_STREAM_UNKNOWN", /nowhere/],
    ["an end of it", "DELETE", "api/v1/streams/nowhere", undefined, 404, "E_STREAM_UNKNOWN", /nowhere/],
    ["a name that is taken", "POST", "api/v1/streams/gate", STREAM, 409, "E_STREAM_TAKEN", /gate/],
    ["a name that is none", "POST", "api/v1/streams/a%20b", STREAM, 400, "E_REQUEST", /^params\/name: /],
    ["a name of a prototype", "POST", "api/v1/streams/__proto__", STREAM, 400, "E_REQUEST", /^params\/name: /],
    ["a wrong type", "POST", "api/v1/streams/new", { source: 5 }, 400, "E_REQUEST", /^body\/source: .*expected string/],
    ["a body that is no object", "POST", "api/v1/streams/new", [STREAM], 400, "E_REQUEST", /^body: /],
    ["a number out of its range", "POST", "api/v1/streams/new", { ...STREAM, detect: { conf: 1.5 } }, 400, "E_REQUEST", /^body\/detect\/conf: /],
    ["a program to start", "POST", "api/v1/streams/new", { ...STREAM, sourceOptions: { ffmpegPath: "/bin/sh" } }, 400, "E_REQUEST", /ffmpegPath is not a setting of a stream that the API takes/],
    ["an unknown parameter", "GET", "api/v1/streams/gate/snapshot?hieght=5", undefined, 400, "E_REQUEST", /hieght is not known here/],
    ["a picture too wide", "GET", "api/v1/streams/gate/snapshot?width=1921", undefined, 400, "E_REQUEST", /width/],
    ["a picture too narrow", "GET", "api/v1/streams/gate/snapshot?width=63", undefined, 400, "E_REQUEST", /width/],
    ["a wrong persist", "DELETE", "api/v1/streams/gate?persist=perhaps", undefined, 400, "E_REQUEST", /persist/],
    ["an unknown address", "GET", "api/v1/nothing", undefined, 404, "E_HTTP_NOT_FOUND", /nothing/],
  ];
  for (const [what, method, path, body, status, code, detail] of wrong) {
    test(`${what}: ${status} ${code}`, async () => {
      await using api = await openApi();
      const response = body === undefined ? await api.ask(path, { method }) : await api.send(method, path, body);
      const problem = await problemOf(response);
      assert.deepEqual([problem.status, problem.code], [status, code]);
      assert.match(problem.detail, detail);
      assert.deepEqual(api.control.asked, []);
    });
  }

  test("an unknown key names the one that was meant, at every depth, and all faults are told at once", async () => {
    await using api = await openApi();
    const { faults } = await problemOf(await api.send("POST", "api/v1/streams/new", { ...STREAM, wieght: 2, detect: { max_detections: 5 }, live: { maxFps: 3 } }));
    assert.deepEqual(faults?.map(({ where, detail }) => [where, detail]).sort(), [
      ["body/detect/max_detections", "detect.max_detections is not a setting of a stream; did you mean detect.maxDetections?"],
      ["body/live/maxFps", "live.maxFps is not a setting of a stream; did you mean maxFps?"],
      ["body/wieght", "wieght is not a setting of a stream; did you mean weight?"],
    ]);
  });

  test("a wrong method names the right ones, whatever the method is called", async () => {
    await using api = await openApi();
    for (const [method, path, allow] of [["PATCH", "api/v1/streams/gate", "DELETE, GET, HEAD, POST, PUT"], ["DELETE", "api/v1/streams", "GET, HEAD"], ["POST", "metrics", "GET, HEAD"], ["OPTIONS", "api/v1/streams/gate/pause", "POST"]] as const) {
      const response = await api.ask(path, { method });
      assert.deepEqual([(await problemOf(response)).code, response.status, response.headers.get("allow")], ["E_HTTP_METHOD", 405, allow]);
    }
    const { status, body } = await raw(api.gateway.url, "QUERY /api/v1/version HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n");
    assert.match(status, /405/);
    assert.match(body, /E_HTTP_METHOD/);
  });

  test("a body too long: 413, of another kind: 415, no JSON: 400, with a key of the prototype: 400", async () => {
    await using api = await openApi();
    const post = (body: string, type: string): Promise<Response> => api.ask("api/v1/streams/new", { method: "POST", body, headers: { "content-type": type } });
    const cases = [
      [await post(JSON.stringify({ ...STREAM, labels: { a: "x".repeat(70_000) } }), "application/json"), 413, "E_HTTP_SIZE"],
      [await post("source=clip.mp4", "application/x-www-form-urlencoded"), 415, "E_HTTP_TYPE"],
      [await post(JSON.stringify(STREAM), "text/plain"), 415, "E_HTTP_TYPE"],
      [await post("{ source: clip.mp4 }", "application/json"), 400, "E_REQUEST"],
      [await post("", "application/json"), 400, "E_REQUEST"],
      [await post('{"source":"a","__proto__":{"role":"admin"}}', "application/json"), 400, "E_REQUEST"],
      [await post(`${"[".repeat(30_000)}${"]".repeat(30_000)}`, "application/json"), 400, "E_REQUEST"],
    ] as const;
    for (const [response, status, code] of cases) {
      const problem = await problemOf(response);
      assert.deepEqual([problem.status, problem.code], [status, code]);
    }
    assert.deepEqual(api.control.asked, []);
  });

  test("a fault of our own is 500 without its words, and is told to whoever runs the program, without secrets", async () => {
    const notices: GatewayNotice[] = [];
    const broken: FakeControl = { ...fakeControl(["gate"]), restart: () => Promise.reject(new TypeError("no pipe to rtsp://me:hush@cam/1")) };
    await using api = await openApi(broken, (notice) => void notices.push(notice));
    const problem = await problemOf(await api.ask("api/v1/streams/gate/restart?token=hush", { method: "POST" }));
    assert.deepEqual([problem.status, problem.code], [500, "E_INTERNAL"]);
    assert.doesNotMatch(problem.detail, /pipe/);
    assert.deepEqual(notices.map(({ level, code }) => [level, code]), [["error", "E_INTERNAL"]]);
    assert.match(notices[0]!.message, /^POST \/api\/v1\/streams\/:name\/restart was answered with 500: TypeError: no pipe to rtsp:\/\/\*\*\*@cam\/1 at .*errors\.test/);
    assert.doesNotMatch(notices[0]!.message, /hush/);
  });

  test("an address too long is 414, one with a name too long too", async () => {
    await using api = await openApi();
    for (const path of [`api/v1/streams?${"x".repeat(3000)}`, `api/v1/streams/${"n".repeat(200)}`]) {
      assert.deepEqual([(await problemOf(await api.ask(path))).code, (await api.ask(path)).status], ["E_HTTP_SIZE", 414], path.slice(0, 40));
    }
  });

  test("a path that climbs, and one that is no UTF-8, reach nothing", async () => {
    await using api = await openApi();
    const get = (path: string): Promise<{ status: string; body: string }> => raw(api.gateway.url, `GET ${path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n`);
    for (const path of ["/assets/../../package.json", "/assets/..%2f..%2fpackage.json", "/api/docs/static/../../../package.json", "/api/docs/static/..%2f..%2fpackage.json", "/api/v1/../../etc/passwd", "/api/v1/streams/..%2f..%2fetc%2fpasswd"]) {
      const { status, body } = await get(path);
      assert.match(status, /^HTTP\/1\.1 40[034] /, path);
      assert.match(body, /"code":"E_/, path);
    }
    const { status, body } = await get("/api/v1/streams/%ff%fe");
    assert.match(status, /^HTTP\/1\.1 400 /);
    assert.match(body, /"code":"E_REQUEST"/);
  });
});

describe("who may only look", () => {
  const changes: readonly (readonly [method: string, path: string])[] = [
    ["POST", "api/v1/streams/new"], ["PUT", "api/v1/streams/gate"], ["DELETE", "api/v1/streams/gate"],
    ["POST", "api/v1/streams/gate/restart"], ["POST", "api/v1/streams/gate/pause"], ["POST", "api/v1/streams/gate/resume"],
  ];
  for (const [method, path] of changes) {
    test(`may not ${method} ${path}, whether the stream is there, may be seen, or the body is right`, async () => {
      await using api = await openApi();
      const response = method === "DELETE" || path.split("/").length > 4 ? await api.ask(path, { method, who: "viewer" }) : await api.send(method, path, { nonsense: true }, "viewer");
      assert.deepEqual([response.status, (await problemOf(response)).code], [403, "E_FORBIDDEN"]);
      const unknown = await api.ask(path.replace(/gate|new/, "nowhere"), { method, who: "gatekeeper" });
      assert.equal(unknown.status, 403);
      assert.deepEqual(api.control.asked, []);
    });
  }

  test("sees no settings of the program", async () => {
    await using api = await openApi();
    assert.equal((await api.ask("api/v1/config", { who: "viewer" })).status, 403);
    assert.equal((await api.ask("api/v1/config")).status, 200);
  });

  test("sees of the streams only those that are his, and can't tell the others from such that are not there", async () => {
    await using api = await openApi();
    const listed = (await (await api.ask("api/v1/streams", { who: "gatekeeper" })).json()) as { streams: { name: string }[] };
    assert.deepEqual(listed.streams.map(({ name }) => name), ["gate"]);
    assert.equal((await api.ask("api/v1/streams/gate", { who: "gatekeeper" })).status, 200);
    for (const rest of ["", "/detections", "/stats", "/snapshot", "/mjpeg"]) {
      const [hidden, missing] = await Promise.all(["yard", "nowhere"].map(async (name) => (await (await api.ask(`api/v1/streams/${name}${rest}`, { who: "gatekeeper" })).text()).replaceAll(name, "NAME")));
      assert.equal(hidden, missing);
      assert.match(hidden!, /E_STREAM_UNKNOWN/);
    }
  });

  test("changes, as an admin of some streams, those and no others, in the same words whether they are there", async () => {
    await using api = await openApi();
    for (const [method, rest] of [["POST", ""], ["PUT", ""], ["DELETE", ""], ["POST", "/restart"], ["POST", "/pause"], ["POST", "/resume"]] as const) {
      const body = rest === "" && method !== "DELETE" ? { headers: { "content-type": "application/json" }, body: '{"source":"a.mp4"}' } : {};
      const [hidden, missing] = await Promise.all(["yard", "nowhere"].map((name) => api.ask(`api/v1/streams/${name}${rest}`, { who: "gatesmith", method, ...body })));
      assert.deepEqual([hidden!.status, await hidden!.text()], [403, await missing!.text()], `${method} ${rest}`);
    }
    assert.deepEqual(api.control.asked, []);
    assert.equal((await api.ask("api/v1/config", { who: "gatesmith" })).status, 403, "the settings name every stream");
    assert.equal((await api.send("POST", "api/v1/streams/shed", { source: "a.mp4" }, "gatesmith")).status, 201);
    assert.equal((await api.ask("api/v1/streams/gate", { method: "DELETE", who: "gatesmith" })).status, 204);
  });

  test("gets no figures when they would name streams that are not his", async () => {
    await using api = await openApi();
    assert.equal((await api.ask("metrics", { who: "gatekeeper" })).status, 403);
    assert.equal((await api.ask("metrics", { who: "viewer" })).status, 200);
  });
});
