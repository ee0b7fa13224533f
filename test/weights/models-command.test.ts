import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, test } from "node:test";
import { coded, stackText } from "../../src/cli/report-error.js";
import { systemClock } from "../../src/core/clock.js";
import { ModelInstance } from "../../src/pool/index.js";
import { importWeights, modelNamed, modelsFolder, pullModel, readRegistry, type ModelEntry } from "../../src/weights/index.js";
import { unknownName } from "../../src/weights/names.js";
import { runCli, startCli, type CliResult } from "../support/cli.js";
import { constantModel } from "../support/models.js";
import { project } from "../support/paths.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { entryOf, good, openServer, sha256, someBytes, stalls, type Behaviour, type WeightsServer } from "./server.js";

const MODEL = readFileSync(constantModel(0));

interface Place {
  readonly folder: string;
  readonly registry: string;
  readonly env: Record<string, string>;
}

/** A folder of weights and a registry with these models, for commands of their own. */
function placeFor(models: readonly ModelEntry[]): Place {
  const home = temporaryFolder();
  const folder = join(home, "models");
  const registry = join(home, "registry.json");
  writeFileSync(registry, JSON.stringify({ v: 1, models }));
  return { folder, registry, env: { SIGHTLINE_MODELS_FOLDER: folder, SIGHTLINE_MODELS_REGISTRY: registry } };
}

const serving = (bytes: Uint8Array, behaviour: Behaviour = good(bytes)): Promise<WeightsServer> => openServer({ "/file": behaviour });
const json = ({ stdout }: CliResult): Record<string, unknown> => JSON.parse(stdout) as Record<string, unknown>;

describe("--model NAME", () => {
  test("fetches the model on first use, its licence told before, and needs no network after", async () => {
    const server = await serving(MODEL);
    const place = placeFor([entryOf(MODEL, server.address("/file"), { name: "tiny-thing", labels: ["gadget"] })]);
    const { stdout, stderr } = await runCli(["check", "--model", "tiny_thing", "--json"], place);
    await server[Symbol.asyncDispose]();
    assert.match(stderr, /tiny-thing: 0\.0 MB from 127\.0\.0\.1:\d+, licence MIT \(https:\/\/example\.org\/thing\), into .*models\n[^]*tiny-thing is here/);
    assert.equal(server.requests.length, 1);
    const { findings } = JSON.parse(stdout) as { findings: { name: string; detail: string }[] };
    assert.match(findings.find(({ name }) => name === "model")?.detail ?? "", /^tiny-thing@[0-9a-f]{8}: yolov8, 32x32, 1 classes \(sidecar\)$/);
    assert.match(findings.find(({ name }) => name === "detection")?.detail ?? "", /on onnxruntime\/cpu\/f32/);
    // The server is gone: whoever asks for the file now has to do with what is here, and gets as far as the source.
    const second = await runCli(["run", "none.mp4", "--model", "tiny-thing"], place);
    assert.match(second.stderr, /^sightline: .*E_SOURCE_MISSING/);
  });

  test("that nobody has is told with the nearest one, and with the file of that name", async () => {
    const known = ["builtin", "yolox-nano", "yolox-s"];
    assert.match(unknownName("yoloxnano", known, false).message, /^no model is called yoloxnano; did you mean yolox-nano\?$/);
    assert.match(unknownName("detector", known, true).message, /known: builtin, yolox-nano, yolox-s; for the file of that name write \.\/detector$/);
    assert.match(unknownName("yolo11n", known, false).message, /yolo export model=yolo11n\.pt format=onnx$/);
    assert.equal((await modelNamed("YOLOX_Nano"))?.name, "yolox-nano");
    for (const path of ["./yolox-nano", "yolox-nano.onnx", "models/yolox-nano"]) assert.equal(await modelNamed(path), null);
    const { code, stderr } = await runCli(["run", "none.mp4", "--model", "nano"]);
    assert.equal(code, 2);
    assert.match(stderr, /E_MODEL_NAME {2}no model is called nano/);
  });

  test("in a program of one's own fetches nothing: it says what to do", () =>
    inPlace(async ({ folder }, server) => {
      await assert.rejects(ModelInstance.open({ model: "thing" }), { code: "E_MODEL_NOT_PULLED", message: /sightline models pull thing/ });
      assert.equal(server.requests.length, 0);
      mkdirSync(folder);
      // As many bytes, and one label another: only the digest tells.
      writeFileSync(join(folder, "thing.onnx"), Buffer.from(MODEL.toString("latin1").replace("'thing'", "'think'"), "latin1"));
      await assert.rejects(ModelInstance.open({ model: "thing" }), { code: "E_MODEL_NOT_PULLED", message: /its sha256 is [0-9a-f]{64}, not/ });
      writeFileSync(join(folder, "thing.onnx"), MODEL);
      await using instance = await ModelInstance.open({ model: "thing" });
      assert.deepEqual([instance.model.labels, instance.device], [["thing"], "cpu"]);
    }));
});

/** The same for what runs in this process. */
async function inPlace(use: (place: Place, server: WeightsServer) => Promise<void>): Promise<void> {
  await using server = await serving(MODEL);
  const place = placeFor([entryOf(MODEL, server.address("/file"))]);
  Object.assign(process.env, place.env);
  try {
    await use(place, server);
  } finally {
    for (const name of Object.keys(place.env)) Reflect.deleteProperty(process.env, name);
  }
}

describe("sightline models", () => {
  test("tells of a file what it is and what runs it, and of a name where it is", async () => {
    const { env, folder } = placeFor([entryOf(MODEL, "http://127.0.0.1:1/file")]);
    const run = (...args: string[]): Promise<CliResult> => runCli(["models", ...args], { env });
    const file = join(temporaryFolder(), "download.onnx");
    writeFileSync(file, MODEL);
    const [{ stdout: words }, { stdout: listed }] = await Promise.all([run("info", file, "--device", "coreml"), run("list")]);
    assert.match(listed, /^thing .*not pulled$/m);
    assert.match(words, /^family +yolov8 \(task detect\)$/m);
    if (process.platform !== "darwin") assert.match(words, /^runtime +none: E_MODEL_DEVICE coreml is not available: onnxruntime for .* has no coreml/m);
    assert.equal((await run("import", file)).code, 0);
    const path = join(folder, "thing.onnx");
    assert.deepEqual(readFileSync(path), MODEL);
    const [{ stdout: where }, told] = await Promise.all([run("path", "thing"), run("info", "thing", "--json")]);
    assert.equal(where, `${path}\n`);
    const facts = json(told);
    assert.deepEqual([facts["family"], facts["labels"], facts["runtime"], facts["outputs"]], ["yolov8", ["thing"], "onnxruntime/cpu/f32", ["output0"]]);
    writeFileSync(path, someBytes(MODEL.length));
    const changed = await run("verify", "--json");
    assert.equal(changed.code, 1);
    const [first] = (json(changed) as { models: { name: string; state: string; sha256: string }[] }).models;
    assert.deepEqual([first?.name, first?.state, first?.sha256], ["thing", "changed", sha256(readFileSync(path))]);
  });

  test("imports what the registry knows by its digest, and refuses other files with what it saw", () =>
    inPlace(async ({ folder }) => {
      const file = join(temporaryFolder(), "download.onnx");
      writeFileSync(file, someBytes(MODEL.length));
      const seen = sha256(readFileSync(file));
      await assert.rejects(importWeights(file), { code: "E_MODEL_IMPORT", message: new RegExp(`download\\.onnx has ${MODEL.length} bytes and sha256 ${seen}; thing has as many bytes and sha256 ${sha256(MODEL)}$`) });
      writeFileSync(file, someBytes(7));
      await assert.rejects(importWeights(file), { code: "E_MODEL_IMPORT", message: /no model of the registry has/ });
      await assert.rejects(importWeights(`${file}x`), { code: "E_MODEL_MISSING" });
      assert.ok(!existsSync(folder));
      writeFileSync(file, MODEL);
      assert.equal((await importWeights(file)).entry.name, "thing");
      assert.deepEqual(readdirSync(folder), ["thing.onnx"]);
    }));

  test("words that make no sense are E_USAGE, and a registry that is none is told with its place", async () => {
    const misused = await Promise.all([["models", "fetch"], ["models", "pull"]].map((words) => runCli(words)));
    for (const { stderr } of misused) assert.match(stderr, /E_USAGE {2}/);
    const wrong = (models: readonly object[]): Promise<unknown> => readRegistry({ SIGHTLINE_MODELS_REGISTRY: placeFor(models as ModelEntry[]).registry });
    const entry = entryOf(MODEL, "http://127.0.0.1:1/file");
    await assert.rejects(wrong([{ ...entry, address: "ftp://x/y" }]), { code: "E_MODEL_REGISTRY", message: /registry\.json: models\.0\.address: an http or https address/ });
    await assert.rejects(wrong([{ ...entry, address: "https://me:secret@x/y" }]), { code: "E_MODEL_REGISTRY" });
    await assert.rejects(wrong([{ ...entry, name: "../up" }]), { code: "E_MODEL_REGISTRY" });
    await assert.rejects(wrong([entry, entry]), { code: "E_MODEL_REGISTRY", message: /two models thing/ });
    await assert.rejects(readRegistry({ SIGHTLINE_MODELS_REGISTRY: "/nowhere.json" }), { code: "E_MODEL_REGISTRY", message: /nowhere\.json can't be read/ });
  });

  test("two that pull at once, and one that was killed before, end with one whole file", async () => {
    const bytes = someBytes(2_000_000);
    await using server = await serving(bytes, stalls(bytes, good(bytes)));
    const { env, folder } = placeFor([entryOf(bytes, server.address("/file"))]);
    const killed = startCli(["models", "pull", "thing"], { env });
    const part = (): string | undefined => (existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith(".part")) : undefined);
    await until(() => (part() ? readFileSync(join(folder, part()!)).length > 0 : false), "the first bytes");
    killed.child.kill("SIGKILL");
    await killed.done;
    const both = await Promise.all([1, 2].map(() => runCli(["models", "pull", "thing", "--json"], { env })));
    assert.deepEqual(both.map(({ code }) => code), [0, 0], both.map(({ stderr }) => stderr).join("\n"));
    assert.deepEqual(readFileSync(join(folder, "thing.onnx")), bytes);
  });

  test("a pull that Ctrl-C stops says so, ends with 130, and goes on the next time", async () => {
    const bytes = someBytes();
    await using server = await serving(bytes, stalls(bytes, good(bytes)));
    const { env, folder } = placeFor([entryOf(bytes, server.address("/file"))]);
    const pulling = startCli(["models", "pull", "thing"], { env });
    await until(() => existsSync(folder) && readdirSync(folder).some((name) => readFileSync(join(folder, name)).length > 0), "the first bytes");
    pulling.child.kill("SIGINT");
    const { code, stderr } = await pulling.done;
    assert.equal(code, 130);
    assert.match(stderr, /E_STOPPED {2}thing: stopped; what has come is kept/);
    assert.equal((await runCli(["models", "pull", "thing"], { env })).code, 0);
    assert.match(server.requests[1]?.headers.range ?? "", /^bytes=[1-9]/);
    assert.deepEqual(readdirSync(folder), ["thing.onnx"]);
  });
});

/** A proxy that leads every connection to this machine's port, and asks for a user where `secret` is given. */
async function openProxy(port: number, secret?: string): Promise<{ server: Server; port: number; asked: string[] }> {
  const asked: string[] = [];
  const expected = secret === undefined ? undefined : `Basic ${Buffer.from(secret).toString("base64")}`;
  const server = createServer((request, response) => {
    asked.push(request.url ?? "");
    if (expected !== undefined && request.headers["proxy-authorization"] !== expected) return void response.writeHead(407).end();
    response.writeHead(502).end();
  });
  server.on("connect", (request, socket) => {
    asked.push(request.url ?? "");
    if (expected !== undefined && request.headers["proxy-authorization"] !== expected) return void socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
    const to = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      to.pipe(socket).pipe(to);
    });
    to.on("error", () => socket.destroy());
    socket.on("error", () => to.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, port: (server.address() as AddressInfo).port, asked };
}

test("a proxy of the environment is used, unless NO_PROXY names the host; its password is shown nowhere", async () => {
  const bytes = someBytes(1000);
  await using server = await serving(bytes);
  const entry = entryOf(bytes, "http://weights.example/file");
  const proxy = await openProxy(server.port, "me:open-sesame");
  const pull = async (variables: Record<string, string>, model = entry): Promise<string> => {
    Object.assign(process.env, variables);
    try {
      await pullModel(model, { clock: systemClock, folder: temporaryFolder(), limits: { waitMs: 1, fruitlessTries: 1 } });
      return "";
    } catch (thrown) {
      return `${coded(thrown).code} ${coded(thrown).message}\n${stackText(thrown)}`;
    } finally {
      for (const name of Object.keys(variables)) Reflect.deleteProperty(process.env, name);
    }
  };
  try {
    assert.equal(await pull({ HTTP_PROXY: `http://me:open-sesame@127.0.0.1:${proxy.port}` }), "");
    assert.match(proxy.asked.join(), /weights\.example/);
    const refused = await pull({ HTTP_PROXY: `http://me:wrong-words@127.0.0.1:${proxy.port}` });
    assert.match(refused, /^E_PULL_UNREACHABLE thing: the proxy asks for a user and a password/);
    const dead = await pull({ HTTP_PROXY: "http://me:wrong-words@127.0.0.1:1" });
    assert.match(dead, /^E_PULL_UNREACHABLE/);
    const odd = await pull({ HTTP_PROXY: "me:wrong-words@::nowhere" });
    assert.match(odd, /^E_PULL_UNREACHABLE thing: the proxy that HTTP_PROXY or HTTPS_PROXY names/);
    for (const words of [refused, dead, odd]) assert.doesNotMatch(words, /sesame|wrong-words/);
    const before = proxy.asked.length;
    assert.equal(await pull({ HTTP_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "127.0.0.1" }, { ...entry, address: server.address("/file") }), "");
    assert.equal(proxy.asked.length, before);
  } finally {
    proxy.server.closeAllConnections();
    proxy.server.close();
  }
});

test("weights lie in the user's cache, as each system has it", () => {
  const of = (platform: NodeJS.Platform, environment: Record<string, string> = {}): string => modelsFolder({ platform, environment, home: "/home/me" });
  assert.equal(of("linux"), "/home/me/.cache/sightline/models");
  assert.equal(of("linux", { XDG_CACHE_HOME: "/var/cache/me" }), "/var/cache/me/sightline/models");
  assert.equal(of("linux", { XDG_CACHE_HOME: "relative" }), "/home/me/.cache/sightline/models");
  assert.equal(of("darwin"), "/home/me/Library/Caches/sightline/models");
  assert.equal(of("win32", { LOCALAPPDATA: "/c/local" }), "/c/local/sightline/models");
  assert.equal(of("win32"), "/home/me/AppData/Local/sightline/models");
  assert.equal(of("linux", { SIGHTLINE_MODELS_FOLDER: "/data/models", XDG_CACHE_HOME: "/x" }), "/data/models");
});

test("the registry that comes along holds the official YOLOX exports and the model that comes along", () => {
  const { models } = JSON.parse(readFileSync(project("config", "models.json"), "utf8")) as { models: ModelEntry[] };
  const release = "https://github.com/Megvii-BaseDetection/YOLOX/releases/download/0.1.1rc0";
  assert.deepEqual(models.slice(1).map(({ name, address, bytes, sha256 }) => [name, address, bytes, sha256]), [
    ["yolox-nano", `${release}/yolox_nano.onnx`, 3_659_407, "c789161ed43c8269fcd4e67c67eeeb4e80c622da2eb296a20bc6007bd18a0b7d"],
    ["yolox-tiny", `${release}/yolox_tiny.onnx`, 20_219_662, "427cc366d34e27ff7a03e2899b5e3671425c262ea2291f88bb942bc1cc70b0f7"],
    ["yolox-s", `${release}/yolox_s.onnx`, 35_858_002, "c5c2d13e59ae883e6af3b45daea64af4833a4951c92d116ec270d9ddbe998063"],
  ]);
  const street = readFileSync(project("samples", "street.onnx"));
  assert.deepEqual([models[0]?.name, models[0]?.bytes, models[0]?.sha256], ["builtin", street.length, createHash("sha256").update(street).digest("hex")], "the street model was trained anew: write its size and digest into config/models.json");
});
