import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { systemClock } from "../../src/core/clock.js";
import { PipelineError, type ErrorCode } from "../../src/core/errors.js";
import { pullModel, type ModelEntry, type PullOptions } from "../../src/weights/index.js";
import { redirectTarget } from "../../src/weights/http.js";
import { backoffMs, retryAfterMs, startsAt } from "../../src/weights/resume.js";
import { temporaryFolder } from "../support/pool.js";
import { until } from "../support/until.js";
import { entryOf, good, openServer, redirect, someBytes, stalls, status, type Behaviour, type WeightsServer } from "./server.js";

const BYTES = someBytes();
const QUICK = { waitMs: 1, fruitlessTries: 3 };

interface Pulled {
  readonly folder: string;
  readonly waits: string[];
  readonly server: WeightsServer;
  readonly entry: ModelEntry;
  run(options?: Partial<PullOptions>): Promise<string>;
  /** The same, and each connection that stalls is cut once something has come. */
  runCut(): Promise<string>;
  /** Names in the folder. */
  names(): string[];
}

/** A server that behaves so at `/file`, and a pull from it into a folder of its own. */
async function withServer(behaviour: Behaviour | Readonly<Record<string, Behaviour>>, use: (pulled: Pulled) => Promise<void>, some: Partial<ModelEntry> = {}): Promise<void> {
  await using server = await openServer(typeof behaviour === "function" ? { "/file": behaviour } : behaviour);
  const folder = join(temporaryFolder(), "models");
  const waits: string[] = [];
  const entry = entryOf(BYTES, server.address("/file"), some);
  const run = (options: Partial<PullOptions> = {}): Promise<string> =>
    pullModel(entry, { clock: systemClock, folder, limits: QUICK, onWait: (why) => waits.push(why), ...options });
  const runCut = (): Promise<string> => run({ onBytes: () => server.cut() });
  await use({ folder, waits, server, entry, run, runCut, names: () => (existsSync(folder) ? readdirSync(folder) : []) });
}

/** Also that the error says how to do without. */
function refusal(code: ErrorCode, words: RegExp, { sha256, address }: ModelEntry): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof PipelineError);
    assert.equal(error.code, code);
    assert.match(error.message, words);
    assert.ok(error.message.includes(sha256) && error.message.includes(String(address)) && error.message.includes("sightline models import"), error.message);
    return true;
  };
}

describe("a pull", () => {
  test("brings the file whole, leaves nothing beside it, and asks no second time", () =>
    withServer(good(BYTES), async ({ run, names, server }) => {
      const seen: number[] = [];
      const path = await run({ onBytes: (done) => seen.push(done) });
      assert.deepEqual(readFileSync(path), BYTES);
      assert.deepEqual(names(), ["thing.onnx"]);
      assert.equal(seen.at(-1), BYTES.length);
      assert.equal(await run(), path);
      assert.equal(server.requests.length, 1);
      assert.equal(server.requests[0]?.headers["accept-encoding"], "identity");
    }));

  test("replaces a file that is not the one", () =>
    withServer(good(BYTES), async ({ run, folder }) => {
      mkdirSync(folder);
      writeFileSync(join(folder, "thing.onnx"), someBytes());
      assert.deepEqual(readFileSync(await run()), BYTES);
    }));

  test("goes on where it was broken off, by the server's own mark of the file", () =>
    withServer(stalls(BYTES, good(BYTES)), async ({ runCut, server, waits }) => {
      assert.deepEqual(readFileSync(await runCut()), BYTES);
      const [, second] = server.requests;
      const from = Number(/^bytes=(\d+)-$/.exec(second?.headers.range ?? "")?.[1]);
      assert.ok(from > 0 && from <= BYTES.length / 2, `the second request asks from ${from}`);
      assert.equal(second?.headers["if-range"], '"one"');
      assert.equal(waits.length, 1);
    }));

  test("begins anew when the file at the server has changed meanwhile", () =>
    withServer(stalls(someBytes(), good(BYTES, '"two"'), '"one"'), async ({ runCut, server }) => {
      assert.deepEqual(readFileSync(await runCut()), BYTES);
      assert.equal(server.requests.length, 2);
    }));

  test("begins anew at a server that ignores the range, gives another one, or knows none", async () => {
    const whole: Behaviour = (_, response) => void response.writeHead(200, { "content-length": BYTES.length }).end(BYTES);
    const other: Behaviour = (request, response, nth) => {
      if (request.headers.range === undefined) return good(BYTES)(request, response, nth);
      response.writeHead(206, { "content-range": `bytes 5-${BYTES.length - 1}/${BYTES.length}` }).end(BYTES.subarray(5));
    };
    const none: Behaviour = (request, response, nth) => (request.headers.range === undefined ? good(BYTES) : status(416))(request, response, nth);
    for (const then of [whole, other, none]) {
      await withServer(stalls(BYTES, then), async ({ runCut }) => assert.deepEqual(readFileSync(await runCut()), BYTES));
    }
  });

  test("gives up a connection that falls silent, and goes on", () =>
    withServer(stalls(BYTES, good(BYTES)), async ({ run, waits, server }) => {
      assert.deepEqual(readFileSync(await run({ limits: { ...QUICK, stallMs: 200 } })), BYTES);
      assert.match(waits.join(), /sent nothing for 0\.2 s/);
      assert.match(server.requests[1]?.headers.range ?? "", /^bytes=[1-9]/);
    }));

  test("that is stopped keeps what has come, and the next one goes on from there", () =>
    withServer(stalls(BYTES, good(BYTES)), async ({ run, names, server }) => {
      const stop = new AbortController();
      const stopped = run({ signal: stop.signal, onBytes: () => stop.abort() });
      await assert.rejects(stopped, { code: "E_STOPPED" });
      assert.deepEqual(names(), ["thing.onnx.part"]);
      assert.deepEqual(readFileSync(await run()), BYTES);
      assert.match(server.requests[1]?.headers.range ?? "", /^bytes=[1-9]/);
      assert.deepEqual(names(), ["thing.onnx"]);
    }));

  test("takes over what a killed one has left, but nothing that is still being written", () =>
    withServer(good(BYTES), async ({ run, folder, names, server }) => {
      mkdirSync(folder);
      const [abandoned, written] = ["thing.onnx.1-aa.part", "thing.onnx.2-bb.part"].map((name) => join(folder, name)) as [string, string];
      writeFileSync(abandoned, BYTES.subarray(0, 1000));
      const longAgo = new Date(Date.now() - 3_600_000);
      utimesSync(abandoned, longAgo, longAgo);
      writeFileSync(written, BYTES.subarray(0, 2000));
      assert.deepEqual(readFileSync(await run()), BYTES);
      assert.equal(server.requests[0]?.headers.range, "bytes=1000-");
      assert.deepEqual(names().sort(), ["thing.onnx", "thing.onnx.2-bb.part"]);
    }));

  test("whose left part was of another file brings all of it anew", () =>
    withServer(good(BYTES), async ({ run, folder, server }) => {
      mkdirSync(folder);
      writeFileSync(join(folder, "thing.onnx.part"), someBytes(1000));
      assert.deepEqual(readFileSync(await run()), BYTES);
      assert.equal(server.requests.length, 2);
      writeFileSync(join(folder, "thing.onnx"), "");
      writeFileSync(join(folder, "thing.onnx.part"), someBytes(BYTES.length + 1));
      assert.deepEqual(readFileSync(await run()), BYTES);
    }));

  test("of two at once in one process ends with one whole file", () =>
    withServer(good(BYTES), async ({ run, names }) => {
      const [path] = await Promise.all([run(), run(), run()]);
      assert.deepEqual(readFileSync(path), BYTES);
      assert.deepEqual(names(), ["thing.onnx"]);
    }));
});

describe("a pull that can't succeed", () => {
  test("says of changed bytes what came, and leaves nothing", () =>
    withServer((_, response) => void response.writeHead(200, { "content-length": BYTES.length }).end(someBytes()), async ({ run, names, entry }) => {
      await assert.rejects(run(), refusal("E_PULL_CORRUPT", /what came has sha256 [0-9a-f]{64}/, entry));
      assert.deepEqual(names(), []);
    }));

  test("reads no more than was to come", async () => {
    const page: Behaviour = (_, response) => void response.writeHead(200, { "content-type": "text/html", "content-length": 7 }).end("log in!");
    await withServer(page, ({ run, entry }) => assert.rejects(run(), refusal("E_PULL_CORRUPT", /offers 7 bytes of text\/html, expected 300000/, entry)));
    const endless: Behaviour = (_, response) => {
      response.writeHead(200);
      const more = (): void => void (response.destroyed || response.write(BYTES, more));
      more();
    };
    await withServer(endless, async ({ run, entry, names }) => {
      await assert.rejects(run(), refusal("E_PULL_CORRUPT", /sends more than the 300000 bytes/, entry));
      assert.deepEqual(names(), []);
    });
  });

  test("ends at once where the server says no", async () => {
    for (const code of [404, 403, 401, 410]) {
      await withServer(status(code), async ({ run, entry, server }) => {
        await assert.rejects(run(), refusal("E_PULL_REFUSED", new RegExp(`answers with status ${code}`), entry));
        assert.equal(server.requests.length, 1);
      });
    }
  });

  test("waits as long as a busy server asks, unless that is too long", async () => {
    const busy = (after: string): Behaviour => (request, response, nth) => (nth === 1 ? status(503, { "retry-after": after }) : good(BYTES))(request, response, nth);
    await withServer(busy("1"), async ({ run, waits }) => {
      const waitsMs: number[] = [];
      const startedMs = performance.now();
      await run({ onWait: (why, waitMs) => void (waits.push(why), waitsMs.push(waitMs)) });
      assert.deepEqual(waitsMs, [1000]);
      assert.ok(performance.now() - startedMs >= 990);
      assert.match(waits[0] ?? "", /status 503/);
    });
    await withServer(busy("3600"), ({ run, entry }) => assert.rejects(run(), refusal("E_PULL_BROKEN", /status 503; it asks to wait 3600 s/, entry)));
    await withServer(status(500), async ({ run, entry, server }) => {
      await assert.rejects(run(), refusal("E_PULL_BROKEN", /status 500/, entry));
      assert.equal(server.requests.length, QUICK.fruitlessTries);
    });
  });

  test("gives up a server that always breaks off at the same place", () =>
    withServer((_, response) => {
      response.writeHead(200, { "content-length": BYTES.length });
      response.write(BYTES.subarray(0, 1000));
    }, async ({ runCut, entry, server, names }) => {
      await assert.rejects(runCut(), refusal("E_PULL_BROKEN", /broken off by 127/, entry));
      assert.equal(server.requests.length, 1 + QUICK.fruitlessTries);
      assert.deepEqual(names(), ["thing.onnx.part"]);
    }));

  test("says where nobody answers which address and digest it is, and how to bring the file", async () => {
    await using server = await openServer({});
    const entry = entryOf(BYTES, server.address("/file"));
    await server[Symbol.asyncDispose]();
    const pulling = pullModel(entry, { clock: systemClock, folder: temporaryFolder(), limits: QUICK });
    await assert.rejects(pulling, refusal("E_PULL_UNREACHABLE", /no connection to 127\.0\.0\.1:\d+ \(ECONNREFUSED\)/, entry));
  });

  test("says of a folder that can't be made that it is the folder", () =>
    withServer(good(BYTES), async ({ run }) => {
      const file = join(temporaryFolder(), "file");
      writeFileSync(file, "");
      await assert.rejects(run({ folder: join(file, "models") }), { code: "E_MODEL_FOLDER" });
    }));
});

describe("redirects", () => {
  test("are followed, to another host too, with the range", async () => {
    await using other = await openServer({ "/there": stalls(BYTES, good(BYTES)) });
    const elsewhere = `http://localhost:${other.port}/there`;
    await withServer({ "/file": redirect("/hop", 301), "/hop": redirect(elsewhere, 307) }, async ({ run, server }) => {
      assert.deepEqual(readFileSync(await run({ onBytes: () => other.cut() })), BYTES);
      assert.equal(server.requests.length, 4);
      assert.match(other.requests[1]?.headers.range ?? "", /^bytes=[1-9]/);
    });
  });

  test("that go round, or lead away from http, are refused", async () => {
    await withServer({ "/file": redirect("/file") }, ({ run, entry }) => assert.rejects(run(), refusal("E_PULL_REFUSED", /redirects more than 5 times/, entry)));
    await withServer({ "/file": redirect("file:///etc/passwd") }, ({ run, entry }) => assert.rejects(run(), refusal("E_PULL_REFUSED", /no http or https address/, entry)));
  });

  test("never lead from https to http, and take no user along", () => {
    assert.throws(() => redirectTarget("https://a.example/x", "http://a.example/x"), { code: "E_PULL_REFUSED", message: /from https to http/ });
    assert.equal(redirectTarget("https://a.example/x", "https://user:secret@b.example/y?z=1"), "https://b.example/y?z=1");
    assert.equal(redirectTarget("https://a.example/x/y", "../z"), "https://a.example/z");
    assert.equal(redirectTarget("http://a.example/x", "https://a.example/x"), "https://a.example/x");
    assert.throws(() => redirectTarget("https://a.example/x", "http://["), { code: "E_PULL_REFUSED" });
  });
});

test("what headers say of waiting and of ranges is read to the letter", () => {
  assert.equal(retryAfterMs("120", 0), 120_000);
  assert.equal(retryAfterMs("Wed, 21 Oct 2026 07:28:00 GMT", Date.UTC(2026, 9, 21, 7, 27, 30)), 30_000);
  assert.equal(retryAfterMs("Wed, 21 Oct 2026 07:28:00 GMT", Date.UTC(2026, 9, 22)), 0);
  assert.equal(retryAfterMs("soon", 0), null);
  assert.equal(retryAfterMs(undefined, 0), null);
  assert.ok(startsAt("bytes 5-9/10", 5, 10) && startsAt("bytes 5-9/*", 5, 10));
  for (const wrong of ["bytes 4-9/10", "bytes 5-9/11", "bytes 5-10/10", "bytes */10", "items 5-9/10", undefined]) assert.ok(!startsAt(wrong, 5, 10), wrong);
  assert.deepEqual([0, 1, 2, 3].map((fruitless) => backoffMs(fruitless, 1000)), [1000, 1000, 2000, 4000]);
});

test("a pull that waits keeps the process alive, although its timers do not", async () => {
  const { spawn } = await import("node:child_process");
  await using server = await openServer({ "/file": (request, response, nth) => (nth === 1 ? status(503) : good(BYTES))(request, response, nth) });
  const folder = temporaryFolder();
  const script = `
    import { pullModel } from ${JSON.stringify(new URL("../../src/weights/index.js", import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL("../../src/core/clock.js", import.meta.url).href)};
    await pullModel(${JSON.stringify(entryOf(BYTES, server.address("/file")))}, { clock: systemClock, folder: ${JSON.stringify(folder)}, limits: { waitMs: 300 } });`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
  let code: number | null | undefined;
  child.once("close", (status) => (code = status));
  await until(() => code !== undefined, "the child to end");
  assert.equal(code, 0);
  assert.deepEqual(readFileSync(join(folder, "thing.onnx")), BYTES);
});
